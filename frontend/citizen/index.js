import "./ballot.js";
import "./board.js";
import "./phone.js";
import "./share.js";
import "./subscribe.js";

// Styles may now count on script; without it every page still works as plain HTML.
document.documentElement.dataset.script = "on";
