"""The demonstration: a shop's day in a minute, with every way in which an order can fail, and the proof."""
