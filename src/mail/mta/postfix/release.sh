# Lets held messages go on.
before=$(found)
notes=$(those hold 1 | super -H -)
after=$(found)
judge '
  if (is == "hold") return "failed\tis still held"
  if (was == "hold") return "released"
  return (was == "" && is == "") ? "gone" : "released\twas not held"'
