/** What the agent is told when a hook of the repository refused a commit or a push. Pure. */
const words = {
  commit:
    'A hook refused to commit the changes in this working copy. Put right what it says, and do not commit:',
  push: 'A hook refused to push the commits of this working copy. Put right what it says and commit that, and do not push:',
};

export function hookPrompt(what: keyof typeof words, said: string): string {
  return `${words[what]}\n\n${said}`;
}
