// SPDX-License-Identifier: Apache-2.0
import "./receipt_page.js";
import "./recount_page.js";
import "./paste_page.js";
