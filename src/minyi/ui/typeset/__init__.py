# SPDX-License-Identifier: Apache-2.0
"""Documents: Chinese typography on paper, on a screen and in an office's own text processor.

`press` prints a Typst template with values as PDF or PNG. `blocks` are a document's content, which
`gongwen` prints as PDF and `docx` writes as an editable DOCX, both in the style of GB/T 9704.
Nothing here knows what the documents are about. ADR 20.
"""
