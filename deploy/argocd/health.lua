-- What Argo CD shows of a Rebalance: put this into the ConfigMap argocd-cm, under the key
-- resource.customizations.health.apps.emqx.io_Rebalance.
--
-- Progressing while it waits for something that comes by itself or while EMQX rebalances, Suspended while
-- it waits for somebody, Healthy or Degraded at the end. Runs in Lua 5.1, as Argo CD's does.
local status = obj.status or {}

local holds = {}
for _, condition in ipairs(status.conditions or {}) do
  if condition.status == "True" then
    holds[condition.type] = condition
  end
end

local function health(word, condition)
  return { status = word, message = condition and (condition.message or condition.reason) or "" }
end

if status.phase == "Empty" then
  return health("Healthy", holds.Empty)
end
if status.phase == "Completed" then
  return health("Healthy", holds.Completed)
end
if status.phase == "Failed" then
  return health("Degraded", holds.Failed)
end
local waiting = holds.Waiting
if waiting then
  local of_somebody = { ApprovalRequired = true, OlderThanController = true }
  local of_a_mistake = { Unreadable = true, KubernetesRefuses = true }
  if of_a_mistake[waiting.reason] then
    return health("Degraded", waiting)
  end
  return health(of_somebody[waiting.reason] and "Suspended" or "Progressing", waiting)
end
if status.phase == "Processing" then
  return health("Progressing", holds.Processing)
end
if holds.Planned then
  return health("Suspended", holds.Planned)
end
return { status = "Progressing", message = "nobody has looked at it yet" }
