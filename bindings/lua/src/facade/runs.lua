-- What runs of every transport have in common, and their records. `native` of a run is what is native of
-- it; how it waits is for each transport.
local native, tools = ...

-- Seconds between two looks for news.
local LOOK = 0.2

local Record = {}
Record.__index = Record
Record.__name = "emqx_rebalance.record"

-- The page about it, as HTML. `options.title` is its headline; `options.made_at` says when it was made.
function Record:report(options)
  tools.expect_options(options, "report")
  return native.report(self, options)
end

local runs = {}

-- `record` with its methods, if there is one.
function runs.record(record, err)
  return record and setmetatable(record, Record), err
end

-- Waits for news of `run`. Gives whether it is over.
local function rest(run)
  run:wait(LOOK)
  return (run:poll())
end

-- Gives a class of runs what they have in common.
function runs.inherit(Run)
  -- All that the driver knows, as JSON, for `cluster:resume`.
  function Run:state()
    return self.native:state()
  end

  -- What is worth keeping, once there is a verdict.
  function Run:record()
    return runs.record(self.native:record())
  end

  -- The page about it, with all that was seen of it so far: as of a record.
  function Run:report(options)
    tools.expect_options(options, "report")
    return self.native:report(options)
  end

  -- For `for status in run:watch() do`: where it stands, now and after every change, the verdict last. A
  -- run that never began has nothing to tell: `wait` says why.
  function Run:watch()
    local seen, is_over
    return function()
      while not is_over do
        is_over = seen ~= nil and rest(self)
        local status = self:status()
        local text = status and native.to_json(status)
        if text ~= seen then
          seen = text
          return status
        end
      end
    end
  end

  -- For `for event in run:watch_events() do`: what the driver does and sees from now on, to the end.
  function Run:watch_events()
    local news, next_one, is_over = {}, 1, false
    return function()
      while next_one > #news do
        news, next_one = self:events() or {}, 1
        if #news == 0 and is_over then
          return nil
        end
        is_over = is_over or #news == 0 and rest(self)
      end
      next_one = next_one + 1
      return news[next_one - 1]
    end
  end

  -- The same as `detach`, by JavaScript's word.
  Run.leave = Run.detach
end

return runs
