"""The sample world night by night: files as exports write them, leavers, a campaign, and a franchise's till."""
