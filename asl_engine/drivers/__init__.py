"""The only code that acts: carries out the kernel's commands and tells it what came of them."""
