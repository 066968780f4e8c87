/** What a run does, in words that say the same to who never read EMQX's: its own for what it does, ours before and after. @param {string} state */
export function stateWord(state) {
  return WORDS.get(state) ?? state;
}

const WORDS = new Map([["gone", "ended"], ["pending", "not started yet"], ["not_needed", "not needed"]]);
