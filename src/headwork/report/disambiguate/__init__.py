"""Pages on disambiguators of words."""
