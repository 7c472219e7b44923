from edgefer.report import markdown


def test_a_table_has_texts_left_and_numbers_right():
    assert markdown.table(["a", "b"], [["x", "1"], ["y", "2"]]) == "| a | b |\n| --- | ---: |\n| x | 1 |\n| y | 2 |"


def test_signs_stay_signs():
    assert markdown.table(["a|b"], [["KL(p||q) <b>_x_</b>"]]).splitlines()[2] == (
        "| KL(p\\|\\|q) \\<b\\>\\_x\\_\\</b\\> |"
    )
    assert markdown.bullets(["*one*", "two"]) == "- \\*one\\*\n- two"
