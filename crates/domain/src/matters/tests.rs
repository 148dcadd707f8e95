//! Line by line, as an accountant would write it down.
