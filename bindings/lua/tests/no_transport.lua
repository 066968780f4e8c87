-- A build without the built-in transport: what it cannot do, it says.
local check = require "check"
local rebalance = require "emqx_rebalance"

return function(test)
  test("a cluster needs the caller's HTTP", function()
    local err = check.refused("unsupported", rebalance.cluster { url = "http://emqx:18083" })
    check.contains(err.message, "give `http`")
  end)
end
