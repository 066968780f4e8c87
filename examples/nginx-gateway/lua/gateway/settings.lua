--- Where EMQX is, and the gateway's token: from the environment and files. Read while nginx starts, so
--- that files need to be readable by root only.
local settings = {}

-- A token that is shorter can be guessed.
local MIN_TOKEN = 16

local function first_line(path)
  local file = assert(io.open(path, "r"))
  local line = file:read("*l")
  file:close()
  return line
end

--- The token that callers send. Raises if there is none: nginx does not start then.
function settings.token()
  local path = os.getenv("GATEWAY_TOKEN_FILE")
  local token = path and first_line(path) or os.getenv("GATEWAY_TOKEN") or ""
  if #token < MIN_TOKEN then
    error(("set GATEWAY_TOKEN_FILE or GATEWAY_TOKEN to at least %d characters"):format(MIN_TOKEN), 0)
  end
  return token
end

--- What `rebalance.cluster` takes, with `more`. What is left out it reads in EMQX_URL, EMQX_API_KEY
--- and EMQX_API_SECRET.
function settings.emqx(more)
  local config = more or {}
  config.api_secret_file = os.getenv("EMQX_API_SECRET_FILE")
  config.api_key = config.api_secret_file and os.getenv("EMQX_API_KEY")
  local timeout = os.getenv("EMQX_TIMEOUT_S")
  -- What is no number goes on to the module, which refuses it.
  config.request_timeout_s = tonumber(timeout) or timeout
  return config
end

return settings
