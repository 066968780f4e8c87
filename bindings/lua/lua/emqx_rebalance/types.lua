---@meta emqx_rebalance
-- Types for editors that know LuaCATS. Never run. Fields of plans, statuses and events are those of the
-- JSON that every language has; those that scripts use most are here, and options in `options.lua`.

---@class emqx_rebalance
---@field _VERSION string
---@field null lightuserdata JSON's null: the same value as `ngx.null` and `cjson.null`
local rebalance = {}

---What went wrong. Prints as one line.
---@class emqx_rebalance.Error
---@field kind "config_invalid"|"conflict"|"forbidden"|"protocol"|"refused"|"timeout"|"unauthorized"|"unknown_node"|"unreachable"|"unsupported"
---@field message string
---@field context table<string, string>
---@field problems? emqx_rebalance.Problem[] every bad input, if the kind is `config_invalid`
---@field retryable boolean whether asking again later may help

---@class emqx_rebalance.Problem
---@field field string such as `snapshot.nodes[0].connections`; places count from 0
---@field value string
---@field bound string what it must be

---@class emqx_rebalance.NodeLoad
---@field node string
---@field connections? integer connected clients: EMQX's `live_connections`
---@field sessions? integer
---@field disconnected_sessions? integer
---@field role? "core"|"replicant"
---@field version? string EMQX's
---@field status? "running"|"stopped"|"evacuating"|"donor"|"unknown" `unknown`: nobody says how it is; its counts are the last that were read
---@field max_fds? integer
---@field weight? number share of the load, against the others' weights; 1 if left out
---@field read_at_ms? integer when the counts were read, since 1970; absent if they never were
---@field read_from? string the URL that answered

---@class emqx_rebalance.Snapshot
---@field version? integer 1
---@field nodes emqx_rebalance.NodeLoad[]

---@class emqx_rebalance.PlanRequest: emqx_rebalance.PlanOptions
---@field snapshot emqx_rebalance.Snapshot

---@class emqx_rebalance.EvacuationRequest: emqx_rebalance.EvacuationOptions
---@field snapshot emqx_rebalance.Snapshot

---@class emqx_rebalance.Finding
---@field severity "info"|"warning"|"error"
---@field code string
---@field message string
---@field node? string

---What a plan will do if the cluster behaves as EMQX's rules say.
---@class emqx_rebalance.Forecast
---@field duration_s integer seconds from the first start to the last end
---@field conn_evict_s integer seconds in which connections are evicted
---@field sess_evict_s integer seconds in which sessions are moved
---@field disconnects integer clients dropped, counted again each time one is dropped
---@field back_s integer seconds until 99 % of the clients are back that come back
---@field missing integer clients dropped that never come back, as the reconnect profile says
---@field peak { node_reconnects: number, reconnects: number, away: integer } the most at any time: clients per second that come back to one node, and in all; clients on their way
---@field sessions_moved number disconnected sessions moved to another node
---@field final { node: string, connections: integer, disconnected_sessions: number }[] every node at the end
---@field phases { run: integer, phase: string, from_s: integer, to_s: integer }[] when which phase of which run lasts
---@field curve { times_s: integer[], away: integer[], nodes: { node: string, connections: integer[], disconnected_sessions: number[] }[] } every node over time, and the clients on their way

---@class emqx_rebalance.Plan
---@field version integer
---@field mode "single"|"level"
---@field decision "start"|"nothing_to_balance"
---@field reason? string
---@field donors string[]
---@field recipients string[]
---@field pilot? { run: table, clients: integer, most_s: integer } the run that goes before all others, to see how clients come back
---@field runs table[]
---@field forecast emqx_rebalance.Forecast
---@field balance { before: table, after: table }
---@field bounds table what no plan can beat
---@field findings emqx_rebalance.Finding[]
---@field asked table what was asked for
---@field fingerprint table what it was made from
---@field moves? table[] what happens to each node; only of a `level` plan, as those that follow
---@field groups? integer in how many groups the donors are closed, one after the other, where `max_unavailable` allows fewer at once; each is a wave, and so many of `waves` come first
---@field waves? table[] the rounds expected until the goal is met, this plan first
---@field behind? table[] how it ends behind each kind of balancer, if none is named
---@field comparison? table what EMQX's own run would do

---@class emqx_rebalance.EvacuationPlan
---@field version integer
---@field forecast emqx_rebalance.Forecast
---@field findings emqx_rebalance.Finding[]

---@class emqx_rebalance.Outcome
---@field result "completed"|"already_balanced"|"stopped"|"vanished"|"stalled"|"aborted"|"refused"|"timed_out"
---@field detail string
---@field balance? table the measured balance of the plan's nodes; absent if it is not known
---@field missing? integer clients that were connected before the first start and are nowhere now; absent if that is not known
---@field missing_since_ms? integer since when at least half of those have been missing, since 1970
---@field unknown? string[] nodes whose counts were not known
---@field read_at_ms? integer when the counts were read that this rests on, since 1970
---@field unchecked? string[] donors that could not be asked whether they serve again
---@field guard? string the guard that stopped it
---@field cause? { kind: string, message: string }

---@class emqx_rebalance.Status
---@field version integer
---@field phase? "Processing"|"Completed"|"Failed"
---@field outcome? emqx_rebalance.Outcome
---@field wave integer
---@field runs table[]
---@field nodes emqx_rebalance.NodeLoad[]
---@field progress { moved: integer, moved_unknown?: boolean, to_move: integer, percent: number, eta_s?: integer, elapsed_s: integer }
---@field missing? integer clients that were connected before the first start and are nowhere now; absent if that is not known
---@field reconnects? emqx_rebalance.Reconnects how the dropped clients come back, as far as it was seen
---@field unread? { since_ms: integer, cause: { kind: string, message: string } } since when nothing could be read: all else is as old as that

---@class emqx_rebalance.Reconnects
---@field clients integer clients dropped that this is learned of
---@field watched_s number how long the first of them was watched, in seconds
---@field half_s? number seconds after which half of them are back; absent if fewer ever come
---@field most_s? number seconds after which 90 % of them are back; absent if fewer ever come
---@field missing number the share that does not come back, for all that was seen
---@field profile emqx_rebalance.ReconnectProfile the whole curve, to plan the next job with

---@class emqx_rebalance.Event
---@field type "starting"|"started"|"start_doubtful"|"phase"|"answer_lost"|"gone"|"foreign_run"|"drifted"|"next_wave"|"opening"|"stopping"|"ended"
---@field coordinator? string
---@field node? string of `opening`

---Plans without a cluster.
---@param request emqx_rebalance.PlanRequest
---@return emqx_rebalance.Plan? plan
---@return emqx_rebalance.Error? err
function rebalance.plan(request) end

---Plans to empty a node, without a cluster.
---@param request emqx_rebalance.EvacuationRequest
---@return emqx_rebalance.EvacuationPlan? plan
---@return emqx_rebalance.Error? err
function rebalance.plan_evacuation(request) end

---Reads a status that another program wrote.
---@param status string|table
---@return emqx_rebalance.Status? status
---@return emqx_rebalance.Error? err
function rebalance.status(status) end

---Reads a record, such as a line of a history.
---@param record string|table
---@return emqx_rebalance.Record? record
---@return emqx_rebalance.Error? err
function rebalance.record(record) end

---As `assert`: raises the error as its text if there is one. For nginx and Lua 5.1, which show no table.
---@generic T
---@param value T?
---@param err? emqx_rebalance.Error
---@return T value
function rebalance.assert(value, err) end

---@param text string
---@return any value
---@return emqx_rebalance.Error? err
function rebalance.from_json(text) end

---@param value any
---@return string? text
---@return emqx_rebalance.Error? err
function rebalance.to_json(value) end

---Marks a table as a list, so that it stays one even while it is empty.
---@generic T: table
---@param list T
---@return T
function rebalance.array(list) end

---@class emqx_rebalance.HttpRequest
---@field id integer
---@field method "GET"|"POST"
---@field url string
---@field headers table<string, string>
---@field body? string
---@field timeout_ms integer

---@class emqx_rebalance.HttpAnswer
---@field id integer
---@field status? integer
---@field body? string
---@field error? { kind: "timeout"|"unreachable"|"protocol", message?: string }

---An HTTP client of the caller.
---@class emqx_rebalance.Http
---@field send fun(request: emqx_rebalance.HttpRequest): { status: integer, body: string }?, string?, string? the answer, or nil, the kind of failure and a message
---@field sleep fun(seconds: number)
---@field now? fun(): number seconds since 1970
---@field crew? fun(): { spawn: fun(work: function), rest: fun(seconds: number), finish: fun() }
---@field background? fun(work: fun(): boolean)
---@field is_ending? fun(): boolean

---@class emqx_rebalance.ClusterConfig
---@field url? string
---@field urls? string[]
---@field node_urls? table<string, string>
---@field find_nodes? boolean whether nodes may be asked at addresses that EMQX names; true, and only `http` may say false
---@field api_key? string
---@field api_secret? string
---@field api_secret_file? string
---@field username? string
---@field password? string
---@field password_file? string
---@field ca_cert? string
---@field client_cert? string
---@field client_key? string
---@field connect_timeout_s? number
---@field request_timeout_s? number
---@field start_timeout_s? number
---@field sleep? fun(seconds: number) how to wait, where waiting must not stop everything
---@field http? emqx_rebalance.Http who carries the requests, if not the background thread

---@param config emqx_rebalance.ClusterConfig
---@return emqx_rebalance.Cluster? cluster
---@return emqx_rebalance.Error? err
function rebalance.cluster(config) end

---A cluster that only says what to send.
---@param config table
---@return table? conversations
---@return emqx_rebalance.Error? err
function rebalance.sansio(config) end

---A driver that only says what to send.
---@param plan emqx_rebalance.Plan
---@param options? emqx_rebalance.StartOptions|{ cluster: emqx_rebalance.ClusterConfig }
---@return emqx_rebalance.Driver? driver
---@return emqx_rebalance.Error? err
function rebalance.driver(plan, options) end

---@class emqx_rebalance.StartOptions: emqx_rebalance.DriverOptions
---@field force? boolean
---@field who? string
---@field reason? string
---@field state_file? string where the state is kept; built-in transport
---@field save? fun(state: string) called before requests are sent; the caller's transport

---@class emqx_rebalance.Cluster
local Cluster = {}

---@return emqx_rebalance.Snapshot?, emqx_rebalance.Error?
function Cluster:snapshot() end

---@return emqx_rebalance.Status?, emqx_rebalance.Error?
function Cluster:status() end

---@param options emqx_rebalance.PlanOptions
---@return emqx_rebalance.Plan?, emqx_rebalance.Error?
function Cluster:plan(options) end

---@param options emqx_rebalance.EvacuationOptions
---@return emqx_rebalance.EvacuationPlan?, emqx_rebalance.Error?
function Cluster:plan_evacuation(options) end

---@return table[]?, emqx_rebalance.Error?
function Cluster:evacuations() end

---@param coordinator? string
---@return string[]? stopped
---@return emqx_rebalance.Error? err
function Cluster:stop(coordinator) end

---@param node string
---@return boolean? was_closed
---@return emqx_rebalance.Error? err
function Cluster:stop_evacuation(node) end

---@param name "snapshot"|"status"|"plan"|"plan_evacuation"|"evacuations"|"stop"|"stop_evacuation"
---@param argument? any
---@return emqx_rebalance.Job?, emqx_rebalance.Error?
function Cluster:job(name, argument) end

---@param plan emqx_rebalance.Plan
---@param options? emqx_rebalance.StartOptions
---@return emqx_rebalance.Run?, emqx_rebalance.Error?
function Cluster:start(plan, options) end

---@param plan emqx_rebalance.EvacuationPlan
---@param options? emqx_rebalance.StartOptions
---@return emqx_rebalance.Run?, emqx_rebalance.Error?
function Cluster:start_evacuation(plan, options) end

---The same as `start_evacuation`.
---@param plan emqx_rebalance.EvacuationPlan
---@param options? emqx_rebalance.StartOptions
---@return emqx_rebalance.Run?, emqx_rebalance.Error?
function Cluster:evacuate(plan, options) end

---@param state string what `run:state()` gave
---@param options? { state_file?: string, save?: fun(state: string) }
---@return emqx_rebalance.Run?, emqx_rebalance.Error?
function Cluster:resume(state, options) end

---Asks nothing more. Runs that were begun go on.
---@return boolean
function Cluster:close() end

---@class emqx_rebalance.Job
local Job = {}

---@return boolean is_over
---@return any value
---@return emqx_rebalance.Error? err
function Job:poll() end

---@param timeout? number seconds
---@return any value
---@return emqx_rebalance.Error? err
function Job:wait(timeout) end

---@class emqx_rebalance.Run
local Run = {}

---@return emqx_rebalance.Status?, emqx_rebalance.Error?
function Run:status() end

---@return boolean is_over
---@return emqx_rebalance.Outcome? outcome
---@return emqx_rebalance.Error? err
function Run:poll() end

---@param timeout? number seconds
---@return emqx_rebalance.Outcome? outcome
---@return emqx_rebalance.Error? err
function Run:wait(timeout) end

---@return boolean?, emqx_rebalance.Error?
function Run:stop() end

---@return boolean?, emqx_rebalance.Error?
function Run:detach() end

---@return emqx_rebalance.Event[]?, emqx_rebalance.Error?
function Run:events() end

---The same as `detach`.
---@return boolean?, emqx_rebalance.Error?
function Run:leave() end

---Where it stands, now and after every change, the verdict last.
---@return fun(): emqx_rebalance.Status?
function Run:watch() end

---What the driver does and sees from now on, to the end.
---@return fun(): emqx_rebalance.Event?
function Run:watch_events() end

---@return string?, emqx_rebalance.Error?
function Run:state() end

---@return emqx_rebalance.Record?, emqx_rebalance.Error?
function Run:record() end

---@class emqx_rebalance.ReportOptions
---@field title? string the headline; default: what was done to how many nodes
---@field made_at? string when it was made, in the reader's words; default: the page does not say

---The command's page about it, as HTML text. `unsupported` of an evacuation.
---@param options? emqx_rebalance.ReportOptions
---@return string?, emqx_rebalance.Error?
function Run:report(options) end

---What is worth keeping of a job. Its other fields are those of the JSON.
---@class emqx_rebalance.Record
---@field kind "rebalance"|"evacuation"
---@field plan table
---@field outcome emqx_rebalance.Outcome
local Record = {}

---The command's page about it, as HTML text, of which no course is left but its end.
---@param options? emqx_rebalance.ReportOptions
---@return string?, emqx_rebalance.Error?
function Record:report(options) end

---@class emqx_rebalance.Driver
local Driver = {}

---@param now_ms number milliseconds since 1970
---@param input? { answers?: emqx_rebalance.HttpAnswer[], stop?: boolean }
---@return { requests: emqx_rebalance.HttpRequest[], events: emqx_rebalance.Event[], wake_at_ms?: integer }? step
---@return emqx_rebalance.Error? err
function Driver:step(now_ms, input) end

---@return emqx_rebalance.Status?
function Driver:status() end

---@return string? state
function Driver:state() end

---@return emqx_rebalance.Outcome?
function Driver:outcome() end

---@return table?
function Driver:record() end

---@param options? emqx_rebalance.ReportOptions
---@return string?, emqx_rebalance.Error?
function Driver:report(options) end

return rebalance
