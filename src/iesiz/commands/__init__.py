"""The command line's parts: each module registers its commands; heavy imports happen when one is run."""
