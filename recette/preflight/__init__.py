"""Go or no-go before a link goes live."""
