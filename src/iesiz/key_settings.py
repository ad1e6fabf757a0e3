"""``[keys]`` of ``iesiz.toml``: whether the store's keys are encrypted, and where the secret stands.

In: a table of TOML. Out: ``Keys``. It must not hold the secret.
"""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from iesiz.settings_section import Section


class Keys(Section):
    """How keys lie in the store.

    Attributes:
        encryption: ``none``, or by what they are encrypted.
        key_file: a file outside the store with at least 32 random bytes, readable by its owner only.
        passphrase_variable: environment variable with a passphrase of at least 16 characters.
    """

    encryption: Literal["none", "key_file", "passphrase"] = "none"
    key_file: str | None = None
    passphrase_variable: str | None = None

    @model_validator(mode="after")
    def _secret_is_named(self) -> Keys:
        named = {"key_file": self.key_file, "passphrase": self.passphrase_variable}
        given = [name for name, one in named.items() if one]
        if given != ([] if self.encryption == "none" else [self.encryption]):
            raise ValueError(
                "encryption = 'key_file' expects key_file, 'passphrase' expects passphrase_variable, "
                "'none' neither"
            )
        return self
