"""DVC's pipeline, planned and run by nbprod: the same files, lock, cache and answers as `dvc repro`, only faster."""
