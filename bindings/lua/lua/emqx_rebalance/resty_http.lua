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

-- Has `client` note whether an answer has begun: what fails then is its body, of which lua-resty-http
-- says no more than "closed", as of a connection on which no answer came.
local function note_answers(client)
  local noted, ask = {}, client.request
  function client:request(...)
    local response, err = ask(self, ...)
    noted.has_answer = response ~= nil
    return response, err
  end
  return noted
end

-- Sends one request by a client of its own, as lua-resty-http wants it.
local function send(http, options, request)
  local client = http.new()
  local noted = note_answers(client)
  client:set_timeout(request.timeout_ms)
  local asked = { method = request.method, headers = request.headers, body = request.body }
  for name, value in pairs(options) do
    asked[name] = value
  end
  local response, err = client:request_uri(request.url, asked)
  if not response and noted.has_answer and kind_of(err) ~= "timeout" then
    return nil, "protocol", err == "closed" and "the answer is cut off" or err
  elseif not response then
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
