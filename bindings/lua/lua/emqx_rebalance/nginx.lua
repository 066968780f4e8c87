--- The built-in transport in nginx: the background thread does the HTTP, and whoever waits sleeps by
--- `ngx.sleep`, so that the worker serves others meanwhile.
local rebalance = require "emqx_rebalance"

local nginx = {}

--- A cluster as of `rebalance.cluster`, whose calls let the worker go on.
function nginx.cluster(config)
  if type(config) ~= "table" then
    error(("bad argument #1 to 'cluster' (table expected, got %s)"):format(type(config)), 2)
  end
  local asked = {}
  for name, value in pairs(config) do
    asked[name] = value
  end
  asked.sleep = ngx.sleep
  return rebalance.cluster(asked)
end

return nginx
