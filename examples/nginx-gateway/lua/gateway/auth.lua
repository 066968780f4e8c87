--- Who may use the gateway: whoever has the token of GATEWAY_TOKEN_FILE or GATEWAY_TOKEN.
local bit = require "bit"
local settings = require "gateway.settings"

local auth = {}

local digest = ngx.sha1_bin(settings.token())

-- Compares two digests in a time that does not tell how far they agree.
local function same(a, b)
  local difference = 0
  for i = 1, #a do
    difference = bit.bor(difference, bit.bxor(a:byte(i), b:byte(i)))
  end
  return difference == 0
end

--- Whether a header `authorization` holds the token.
function auth.allows(header)
  local token = (header or ""):match("^[Bb]earer +(%S+)$")
  return token ~= nil and same(ngx.sha1_bin(token), digest)
end

return auth
