--- HTTP by nginx's cosockets, for `rebalance.cluster { http = … }`: no thread, no other module.
---
---     local cosocket = require "emqx_rebalance.ngx_cosocket"
---     local cluster = rebalance.cluster { url = …, http = cosocket.new() }
---
--- Host names need nginx's `resolver`; `https` is verified by `lua_ssl_trusted_certificate`.
local crew = require "emqx_rebalance.ngx_crew"

local cosocket = {}

-- The answers of EMQX are smaller; the core refuses larger ones.
local MAX_BODY = 4 * 1024 * 1024
local MAX_HEADERS = 100
local KEEPALIVE_MS = 10000

-- The parts of a URL.
local function parse(url)
  local scheme, host, path = url:match("^(https?)://([^/]+)(.*)$")
  if not scheme then
    return nil, "no absolute URL"
  end
  local name, port = host:match("^(.-):(%d+)$")
  if not name or name:find(":", 1, true) and not name:find("^%[") then
    name, port = host, nil
  end
  return {
    is_tls = scheme == "https",
    name = name,
    -- As it stands in the URL: with its port.
    host = host,
    port = tonumber(port) or (scheme == "https" and 443 or 80),
    path = path == "" and "/" or path,
  }
end

-- What nginx says, as a kind of failure.
local function kind_of(err)
  return err == "timeout" and "timeout" or "unreachable"
end

local function head(request, url)
  local lines = { ("%s %s HTTP/1.1"):format(request.method, url.path), "host: " .. url.host }
  for name, value in pairs(request.headers) do
    lines[#lines + 1] = name .. ": " .. value
  end
  if request.body or request.method ~= "GET" then
    lines[#lines + 1] = "content-length: " .. #(request.body or "")
  end
  lines[#lines + 1] = "\r\n"
  return table.concat(lines, "\r\n")
end

-- Reads the status and the headers. A connection that ends before is one that failed: nothing of an
-- answer has come.
local function read_head(line)
  local text, err = line()
  if not text then
    return nil, kind_of(err), err
  end
  local version, status = text:match("^HTTP/1%.(%d) (%d%d%d)")
  if not status then
    return nil, "protocol", "no HTTP"
  end
  local headers, count = {}, 0
  while true do
    text, err = line()
    if not text then
      return nil, kind_of(err), err
    end
    if text == "" then
      return { status = tonumber(status), headers = headers, is_old = version == "0" }
    end
    count = count + 1
    if count > MAX_HEADERS then
      return nil, "protocol", "too many headers"
    end
    local name, value = text:match("^([^:%s]+):%s*(.-)%s*$")
    if name then
      headers[name:lower()] = value
    end
  end
end

local function read_chunks(line, read)
  local parts, size = {}, 0
  while true do
    local text, err = line()
    local length = text and tonumber(text:match("^%x+") or "", 16)
    if not length then
      return nil, err or "a bad chunk"
    end
    size = size + length
    if size > MAX_BODY then
      return nil, "too large"
    end
    if length == 0 then
      break
    end
    parts[#parts + 1], err = read(length)
    if err then
      return nil, err
    end
    line()
  end
  repeat
    local text, err = line()
    if not text then
      return nil, err
    end
  until text == ""
  return table.concat(parts)
end

-- Reads until the other side closes.
local function read_rest(read_some)
  local parts, size = {}, 0
  while true do
    local text, err, rest = read_some(8192)
    text = text or rest
    if text and text ~= "" then
      parts[#parts + 1], size = text, size + #text
    end
    if size > MAX_BODY then
      return nil, "too large"
    end
    if err == "closed" then
      return table.concat(parts)
    elseif err then
      return nil, err
    end
  end
end

-- Reads the body; gives whether the connection can be used again.
local function read_body(answer, method, line, read, read_some)
  local headers = answer.headers
  if method == "HEAD" or answer.status == 204 or answer.status == 304 then
    return "", nil, true
  end
  if (headers["transfer-encoding"] or ""):lower():find("chunked", 1, true) then
    local body, err = read_chunks(line, read)
    return body, err, true
  end
  local length = tonumber(headers["content-length"])
  if not length then
    return read_rest(read_some)
  end
  if length > MAX_BODY then
    return nil, "too large"
  end
  if length == 0 then
    return "", nil, true
  end
  local body, err = read(length)
  return body, err, true
end

-- Encrypts the connection to the host `name`. lua-resty-core 0.1.25 raises a bare "assertion failed!"
-- where a handshake is over at once and the certificate is refused.
local function shake_hands(socket, name)
  local is_said, session, err = pcall(socket.sslhandshake, socket, nil, name, true)
  if not is_said then
    return nil, "the certificate is refused"
  end
  return session, err
end

-- Connects, by a connection that is there already if there is one.
local function connect(socket, url)
  local ok, err = socket:connect(url.name, url.port)
  if not ok then
    return nil, kind_of(err), err
  end
  if url.is_tls and socket:getreusedtimes() == 0 then
    ok, err = shake_hands(socket, url.name)
    if not ok then
      return nil, kind_of(err), err
    end
  end
  return true
end

-- Sends the request and reads the answer on an open connection.
local function exchange(socket, request, url, last)
  -- Every step has only the time that is left.
  local function hurry()
    socket:settimeout(math.max(1, (last - ngx.now()) * 1000))
  end
  local function line()
    hurry()
    return socket:receive("*l")
  end
  local function read(length)
    hurry()
    return socket:receive(length)
  end
  local function read_some(length)
    hurry()
    return socket:receiveany(length)
  end
  hurry()
  local ok, err = socket:send { head(request, url), request.body or "" }
  if not ok then
    return nil, kind_of(err), err
  end
  local answer, kind
  repeat
    answer, kind, err = read_head(line)
    if not answer then
      return nil, kind, err
    end
  until answer.status >= 200
  local body, fault, is_whole = read_body(answer, request.method, line, read, read_some)
  if not body then
    local said = fault == "closed" and "the answer is cut off" or fault
    return nil, fault == "timeout" and fault or "protocol", said
  end
  local connection = (answer.headers.connection or ""):lower()
  local is_reusable = is_whole and not answer.is_old and not connection:find("close", 1, true)
  return { status = answer.status, body = body }, is_reusable
end

--- Sends one request. Gives `{ status, body }`, or nil, the kind of failure and a message.
function cosocket.send(request)
  local url, wrong = parse(request.url)
  if not url then
    return nil, "unreachable", wrong
  end
  local last = ngx.now() + request.timeout_ms / 1000
  local socket = ngx.socket.tcp()
  socket:settimeout(request.timeout_ms)
  local ok, kind, message = connect(socket, url)
  if not ok then
    return nil, kind, message
  end
  local answer, outcome, err = exchange(socket, request, url, last)
  if answer and outcome then
    socket:setkeepalive(KEEPALIVE_MS)
  else
    socket:close()
  end
  if not answer then
    return nil, outcome, err
  end
  return answer
end

--- What `rebalance.cluster` takes as `http`.
function cosocket.new()
  return crew.http(cosocket.send)
end

return cosocket
