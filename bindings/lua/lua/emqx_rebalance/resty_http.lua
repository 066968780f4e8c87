--- HTTP by lua-resty-http, for `rebalance.cluster { http = … }`.
---
---     local resty_http = require "emqx_rebalance.resty_http"
---     local http = resty_http.new { ssl_verify = true }
---     local cluster = rebalance.cluster { url = …, http = http }
---
--- Options are those of `request_uri`: `ssl_verify`, `ssl_client_cert`, `proxy_opts`, `keepalive_pool`, …
local crew = require "emqx_rebalance.ngx_crew"

local resty_http = {}

-- What lua-resty-http says, as a kind of failure. What it says of names, of TLS and of connections comes
-- from others, in their words; its own are on answers that it cannot read.
local function kind_of(err)
  local text = tostring(err)
  if text:find("timeout", 1, true) then
    return "timeout"
  end
  local is_unreadable = text:find("couldn't parse", 1, true) or text:find("unable to read", 1, true)
  return is_unreadable and "protocol" or "unreachable"
end

-- Sends one request by a client of its own, as lua-resty-http wants it.
local function send(http, options, request)
  local client = http.new()
  client:set_timeout(request.timeout_ms)
  local asked = { method = request.method, headers = request.headers, body = request.body }
  for name, value in pairs(options) do
    asked[name] = value
  end
  local response, err = client:request_uri(request.url, asked)
  if not response then
    return nil, kind_of(err), err
  end
  return { status = response.status, body = response.body or "" }
end

--- What `rebalance.cluster` takes as `http`. `http` is lua-resty-http itself, if `require` is not to
--- find it.
function resty_http.new(options, http)
  http = http or require "resty.http"
  return crew.http(function(request)
    return send(http, options or {}, request)
  end)
end

return resty_http
