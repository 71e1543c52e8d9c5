@rem For npm scripts on Windows, where cmd.exe has no `exec`. In sh, `exec` makes npm the direct parent of Node, so that
@rem signals reach it and its exit code is npm's.
@%*
