"""The ground floor: errors, limits, files, recipes, the run folder and the results. No torch."""
