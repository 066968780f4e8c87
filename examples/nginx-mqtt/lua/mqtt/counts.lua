--- What EMQX's counts do not show yet. Values in, a value out: no nginx, no clock.
local counts = {}

--- How many of the `since` clients, which were sent to a node between the last two questions, EMQX does
--- not count yet: their CONNECT comes after the connection that was balanced. `expected` is the count if
--- all of them had come and nobody had left. None is missed for longer than from one question to the next.
function counts.late(connections, expected, since)
  return math.max(0, math.min(since, expected - connections))
end

return counts
