--- What any HTTP client in nginx needs to carry conversations: light threads for requests that go out
--- at once, and timers for what goes on by itself.
local semaphore = require "ngx.semaphore"

local crew = {}

-- Requests of one conversation, each in a light thread.
local function new_crew()
  local news = semaphore.new()
  local threads = {}
  return {
    spawn = function(work)
      local thread
      thread = ngx.thread.spawn(function()
        work()
        threads[thread or 0] = nil
        news:post(1)
      end)
      if coroutine.status(thread) ~= "dead" then
        threads[thread] = true
      end
    end,
    rest = function(seconds)
      news:wait(math.max(seconds, 0.001))
    end,
    -- A handler ends only when its threads do.
    finish = function()
      for thread in pairs(threads) do
        ngx.thread.kill(thread)
      end
      threads = {}
    end,
  }
end

-- Calls `work` in timers until it gives true, or the worker ends.
local function background(work)
  local function tick(is_premature)
    if not is_premature and not work() then
      local ok, err = ngx.timer.at(0, tick)
      if not ok then
        ngx.log(ngx.ERR, "emqx_rebalance: a run is not driven any more: ", err)
      end
    end
  end
  local ok, err = ngx.timer.at(0, tick)
  if not ok then
    ngx.log(ngx.ERR, "emqx_rebalance: a run is not driven: ", err)
  end
end

-- A client that raises an error has no answer to give. Its light thread must not die of it, or the
-- conversation would wait for the answer until it is late.
local function caught(send)
  return function(request)
    local is_over, response, kind, message = pcall(send, request)
    if not is_over then
      return nil, "unreachable", tostring(response)
    end
    return response, kind, message
  end
end

--- What `rebalance.cluster` takes as `http`, by a client's `send`.
function crew.http(send)
  return {
    send = caught(send),
    sleep = ngx.sleep,
    now = ngx.now,
    crew = new_crew,
    background = background,
    is_ending = ngx.worker.exiting,
  }
end

return crew
