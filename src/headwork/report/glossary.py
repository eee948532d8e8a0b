"""The words of the report on classifiers that a reader may meet for the first time; other tasks share some of them."""

GLOSSARY = (
    (
        "accuracy, macro-F1",
        "Accuracy is the share of test texts that got the right class. F1 joins precision (how many of the texts "
        "given to a class belong there) and recall (how many of the class's texts were found); macro-F1 is its plain "
        "mean over the classes, so that small classes count as much as large ones.",
    ),
    (
        "95% interval",
        "The test texts are a sample. The interval comes from drawing them again, with replacement, many times "
        "(bootstrap) and leaving out the lowest and the highest 2.5% of the results. The spread over seeds is the "
        "standard deviation when training starts from other random numbers.",
    ),
    (
        "difference, paired",
        "Two models answer the same test texts, so that the luck of an easy or a hard text cancels out. An interval "
        "of the difference that contains 0 means: this test cannot tell the two apart. Differences are in points: from "
        "90% to 91% is one point.",
    ),
    (
        "p, Holm, McNemar",
        "p is how often chance alone would give a difference this large. With many comparisons one of them looks "
        "striking by luck; Holm's correction makes p stricter for that. McNemar's test looks only at texts that one of "
        "the two models got right and the other wrong.",
    ),
    (
        "ECE, temperature",
        "A model that says 80% should be right in 80% of such cases. ECE (expected calibration error) is the mean "
        "distance between what it says and what comes true; 0% is ideal. Temperature scaling divides the logits "
        "by one number, fitted on dev, and leaves the predicted classes as they are.",
    ),
    (
        "train, dev, test",
        "Models learn from train, choose when to stop on dev, and are measured on test, which is read once, last.",
    ),
    (
        "size, one text, texts/s",
        "Size is everything that must be stored to predict, a frozen encoder included. One text is the median time "
        "from a text to its answer, below it the time that one text in twenty exceeds; texts/s is for many at once.",
    ),
    (
        "verdict",
        "Among the models whose interval of the difference to the best contains 0, the one with the fewest bytes.",
    ),
)
