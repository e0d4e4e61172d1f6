"""How long something took, or will take, as exact as anybody needs."""

_TEN_SECONDS, _MINUTE, _HOUR = 10, 60, 3600


def duration(seconds: float, *, tenths: bool = False) -> str:
    """Say `4 s`, `3 min 20 s` or `2 h 5 min`; with `tenths` also `4.2 s`."""
    if tenths and seconds < _TEN_SECONDS:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
