# Holds messages. What was being delivered may still be delivered: only the log tells.
before=$(found)
notes=$(those 'incoming|active|deferred' 1 | super -h -)
after=$(found)
judge '
  if (is == "hold" && was == "hold") return "held\twas held before"
  if (is == "hold" && was == "active") return "held\twas being delivered"
  if (is == "hold") return "held"
  if (is != "") return "failed\tis still in " is
  return was == "" ? "gone" : "gone\tleft the queue before it was held"'
