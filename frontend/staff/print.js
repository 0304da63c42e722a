// SPDX-License-Identifier: Apache-2.0
// A button [data-print] prints the page as it stands; what must not be on paper is left out by its CSS.

for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());
