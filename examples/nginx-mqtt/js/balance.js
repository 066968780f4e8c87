// Asks Lua where a new client goes. Without an answer it is sent away, and comes again by itself.
async function choose(s) {
    try {
        const answer = await ngx.fetch(s.variables.asked);
        if (!answer.ok) {
            throw new Error(`the http side answers ${answer.status}`);
        }
        s.variables.address = await answer.text();
        s.allow();
    } catch (error) {
        s.error(`no node for a client: ${error.message}`);
        s.deny();
    }
}

export default { choose };
