--- Answers GET /nodes over a bare connection, as nginx's stream module has it: there is no HTTP in it.
local balance = require "mqtt.balance"

local report = {}

local MAX_LINES = 100

-- A whole answer, with a header of its own if it has one.
local function answer(status, kind, body, header)
  local head = {
    "HTTP/1.1 " .. status,
    "content-type: " .. kind,
    "content-length: " .. #body,
    "cache-control: no-store",
    "connection: close",
  }
  head[#head + 1] = header
  return table.concat(head, "\r\n") .. "\r\n\r\n" .. body
end

--- The answer to a request whose first line this is, or to none.
function report.of(line)
  local method, path = (line or ""):match("^(%u+) (%S+) HTTP/1%.%d\r?$")
  if not method then
    return answer("400 Bad Request", "text/plain", "this is for HTTP\n")
  elseif path ~= "/nodes" then
    return answer("404 Not Found", "text/plain", "there is /nodes\n")
  elseif method ~= "GET" then
    return answer("405 Method Not Allowed", "text/plain", "the method has to be GET\n", "allow: GET")
  end
  return answer("200 OK", "application/json", balance.report() .. "\n")
end

--- Answers one request. For content_by_lua.
function report.serve()
  local socket = assert(ngx.req.socket(true))
  local first = socket:receive()
  local line, lines = first, 1
  -- All of the head, or the client would see the connection reset before the answer.
  while line and line ~= "" and line ~= "\r" and lines < MAX_LINES do
    line, lines = socket:receive(), lines + 1
  end
  ngx.print(report.of(first))
end

return report
