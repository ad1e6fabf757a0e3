"""Microdata: records generalised until nobody in them stands alone, and the risks that remain.

Modules, in the order of use:
    records     a delimited text file as text columns and as codes
    hierarchy   what each value generalises to, level by level, as data
    classes     records that share all generalised values, rolled up from finer ones
    spread      how a sensitive attribute is distributed within each class
    models      what a class must fulfil: k-anonymity, l-diversity, t-closeness
    losses      what a generalisation costs
    lattice     all generalisation schemes, their order, what is known of each
    search      the cheapest scheme that fulfils the models
    margins     groups of the records that published tables count as well
    guard       what has to be suppressed besides, where tables count the same people
    networks    what has to be suppressed of visits that may come from too few networks
    risk        how well a person can be found in what is left
    population  how many records are unique in the population, estimated from the sample
    release     the chosen scheme applied and written
    study       all of it in order, for a researcher's own file
    report      what is said of it

The folders beside them describe the microdata of the release plan (`iesiz.datasets` reads them). The package
knows no pipeline: it works on tables and files it is given.
"""
