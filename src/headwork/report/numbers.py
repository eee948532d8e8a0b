"""Numbers as a reader wants them: three digits at most, a unit, a true minus sign."""

MINUS = "\N{MINUS SIGN}"


def count(value: int) -> str:
    """950, 12,345, 22.7 M: whole up to a hundred thousand, then in thousands and millions."""
    if value < 100_000:
        return f"{value:,}"
    return _scaled(value, 1000, ("", " k", " M", " G", " T"))


def size(amount: int) -> str:
    """Bytes in decimal units: 812 B, 1.2 MB, 91 MB."""
    return _scaled(amount, 1000, (" B", " kB", " MB", " GB", " TB"))


def seconds(value: float) -> str:
    """0.4 ms, 34 ms, 1.2 s, 4 min 12 s, 1 h 12 min."""
    if value < 0.9995:
        return milliseconds(1000 * value)
    if value < 9.95:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(round(value / 60), 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def milliseconds(value: float) -> str:
    if value >= 999.5:
        return seconds(value / 1000)
    return f"{_digits(value)} ms"


def rate(value: float) -> str:
    """Events in a second: 0.8, 68, 12,400."""
    return f"{float(f'{value:.3g}'):,.0f}" if value >= 9.95 else _digits(value)


def percent(fraction: float) -> str:
    return f"{100 * fraction:.1f}%"


def percent_interval(low: float, high: float) -> str:
    return f"{100 * low:.1f}–{100 * high:.1f}%"


def points(difference: float) -> str:
    """A difference of two fractions in percentage points, signed: +0.4, −1.3, 0.0."""
    text = f"{100 * difference:+.1f}"
    return "0.0" if float(text) == 0 else text.replace("-", MINUS)


def points_interval(low: float, high: float) -> str:
    return f"{points(low)} to {points(high)}"


def p_value(p: float) -> str:
    if p < 0.001:
        return "< 0.001"
    return f"{p:.3f}" if p < 0.0995 else f"{p:.2f}"


def times(ratio: float) -> str:
    """A ratio: 76×, 1.4×, 0.05×."""
    return f"{_digits(ratio)}×"


def decimal(value: float, places: int = 2) -> str:
    # Adding 0.0 makes a rounded -0.0 a plain zero.
    return f"{round(value, places) + 0.0:.{places}f}".replace("-", MINUS)


def thousandths(value: float) -> str:
    """A correlation, or another score that is no share: 0.812."""
    return decimal(value, 3)


def signed_thousandths(value: float) -> str:
    """A difference of two such."""
    return ("+" if value > 0 else "") + thousandths(value)


def _digits(value: float) -> str:
    """Two significant digits below ten, whole numbers above."""
    if value >= 9.95:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 0.995 or value == 0 else f"{value:.2g}"


def _scaled(value: float, base: int, units: tuple[str, ...]) -> str:
    scaled, index = float(value), 0
    while scaled >= 999.5 and index < len(units) - 1:
        scaled, index = scaled / base, index + 1
    number = f"{scaled:.0f}" if index == 0 or scaled >= 99.95 else f"{scaled:.3g}"
    return number + units[index]
