// Staff pages run in the Wagtail shell; all they need from us is the live board and the ballot-free pieces.
import "../citizen/board.js";
import "./print.js";
