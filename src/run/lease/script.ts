import { SWEEP_FUNCTIONS } from '../sweep/script.js';
import { CLOCK } from './script/clock.js';
import { STATE } from './script/state.js';
import { TURN } from './script/turn.js';
import { WATCHDOG } from './script/watchdog.js';
import { WORKS } from './script/works.js';

/**
 * The lease of a machine, kept in a folder FOLDER there. `lease/` is the lease itself, and there only as long as somebody
 * holds it:
 *
 * - `holder`: who that is, a line `NAME VALUE` for each thing; the first one is `holder ID`,
 * - `beat`: the machine's uptime when it was last renewed; `watchdog`: its process, and when that began,
 * - `nodes/NODE`: what to sweep, a line `KIND VALUE` each (see the broom), for each of the run's nodes that are this machine,
 * - `expired`: it is over, and is being swept, or is to be; `nodes/=kept`: what whoever has broken it wants to be kept.
 *
 * `notes/RUN-CONTROLLER` is what a watchdog has to tell. What is to be changed is changed under a lock on the folder above,
 * so that nothing has to be left for locking. Times are the machine's uptime: clocks jump, and differ.
 *
 * The folder may belong to another login, so nothing that it says is run, and folders to be emptied count only where one
 * has said so oneself.
 *
 * The first argument is the work, then FOLDER:
 *
 * - `acquire FOLDER HOLDER NODE SHARED RUN CONTROLLER SECONDS MACHINE USER PID PROJECT SINCE PROCESS GONE [KIND VALUE]...`:
 *   PROCESS tells whether the holder lives, GONE is the id of another of whom that is known not to be so; what is `kept` is
 *   not touched when a dead lease is taken over
 * - `renew FOLDER HOLDER NODE [KIND VALUE]...`
 * - `release FOLDER HOLDER NODE RUN CONTROLLER`
 * - `break FOLDER HOLDER [kept PATH]...`: by its watchdog, where there is one (`expiring`)
 * - `end FOLDER - RUN CONTROLLER`: of a run that is over, and has been swept
 * - `read FOLDER`
 *
 * Answers are lines whose fields are separated by tabs: `answer acquired|renewed|lost|released|broken|held|expiring|free|
 * busy|trouble [TEXT]`; of the holder `holder NAME VALUE`, `age SECONDS`, `renewed never`, `watchdog alive|dead|started|missing`,
 * and to `read` what is to be swept, `pair KIND VALUE`; of a lease that was taken over `taken NAME VALUE`, `removed …` and
 * `left …` as the broom says it; `note NAME TEXT`.
 */
const LEASE_FUNCTIONS = `${SWEEP_FUNCTIONS}
${CLOCK}${TURN}${STATE}${WATCHDOG}${WORKS}
work() {
  work=$1 folder=$2
  shift 2
  lease=$folder/lease me=\${1:-}
  case $work in
    read) read_lease; return ;;
    *) shift ;;
  esac
  case $work in
    acquire) acquire "$@" ;;
    renew) renew "$@" ;;
    release) release "$@" ;;
    break) break_lease "$@" ;;
    end) end_lease "$@" ;;
    watch) watch "$@" ;;
  esac
}
`;

/** Reads itself to the end before it does anything, and holds its own text in `$script`, for the watchdog. */
export const LEASE = `${LEASE_FUNCTIONS}
work "$@"; exit
`;

/** What is run with `LEASE` as its first argument. */
export const RUN_LEASE = 'script=$1; shift; eval "$script"';
