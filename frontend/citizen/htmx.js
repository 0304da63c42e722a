// htmx for pages that swap fragments (search, filters). Only such pages load it.
// The settled 2.x line: htmx 4 is a rewrite with other events and attribute semantics.
import htmx from "htmx.org";

// Both features would need script or style that the Content-Security-Policy refuses.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
htmx.config.timeout = 10000;
window.htmx = htmx;
