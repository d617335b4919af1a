"""Scalar types of the configuration file. Each `description` completes the sentence "must be ..." in a mistake."""

from typing import Annotated

from msgspec import Meta

Name = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}(?!\n)$",
        description="a name of 1 to 64 letters, digits, '.', '_' or '-', beginning with a letter or digit",
    ),
]
ModelName = Annotated[
    str,
    Meta(
        pattern=r"^[!-~]{1,200}(?!\n)$",
        description="a model's name: 1 to 200 visible ASCII characters without spaces",
    ),
]
SecretReference = Annotated[
    str, Meta(min_length=1, max_length=4096, description="a reference to a secret: env:NAME or file:PATH")
]
Text = Annotated[str, Meta(min_length=1, max_length=4096, description="a text of 1 to 4096 characters")]
Region = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9][a-z0-9-]{0,63}(?!\n)$",
        description="a region such as eu or eu-central-1: lower-case letters, digits and '-'",
    ),
]

ConnectSeconds = Annotated[float, Meta(gt=0, le=300, description="a number of seconds above 0 and at most 300")]
WaitSeconds = Annotated[float, Meta(gt=0, le=3600, description="a number of seconds above 0 and at most 3600")]
LongSeconds = Annotated[float, Meta(gt=0, le=86_400, description="a number of seconds above 0 and at most 86400")]
QueueSeconds = Annotated[float, Meta(ge=0, le=86_400, description="a number of seconds from 0 to 86400")]
CacheSeconds = Annotated[float, Meta(ge=0, le=31_536_000, description="a number of seconds from 0 to 31536000")]
