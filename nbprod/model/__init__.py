"""The words of nbprod as frozen values; docs/words.md says what each one means."""
