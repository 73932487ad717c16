"""What the four services share: the contracts (`shared.events`) and what they run on (`shared.runtime`)."""
