"""Settings in sections, as in

    [server]
    port = 8080        ; a comment
    hosts = a, b

A line that begins with blanks continues the value above it. Environment variables such as
`APP_SERVER_PORT` override what the file says.
"""

from inifile.parser import ParseError, parse
from inifile.settings import Settings, load

__all__ = ["ParseError", "Settings", "load", "parse"]
