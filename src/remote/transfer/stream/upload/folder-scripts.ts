import { quoteWord } from '../../../quote.js';
import { EXIT, PRELUDE, STAGING } from '../node/prelude.js';

/** How many names `mv` is given at once. */
const NAMES_AT_ONCE = 200;

/**
 * Moves the content of the folders given into those of the same name below \`$1\`. Run in the staged tree, parents
 * first. What is not there yet goes as a whole, so a new tree of any size is one rename, and an existing one takes
 * one \`mv\` for ${NAMES_AT_ONCE} files of a folder. 255 makes \`xargs\` stop.
 */
const MERGE = `
to=$1
shift
here=$PWD
for folder do
  # It went along with its parent.
  if [ ! -d "$here/$folder" ]; then continue; fi
  cd "$here/$folder" || exit 255
  set --
  for entry in ./* ./.[!.]* ./..?*; do
    if [ ! -L "$entry" ]; then
      # A pattern that matches nothing stands for itself.
      if [ ! -e "$entry" ]; then continue; fi
      if [ -d "$entry" ] && [ -d "$to/$folder/$entry" ]; then continue; fi
    fi
    set -- "$@" "$entry"
    if [ $# -ge ${NAMES_AT_ONCE} ]; then mv -f "$@" "$to/$folder/" || exit 255; set --; fi
  done
  if [ $# -gt 0 ]; then mv -f "$@" "$to/$folder/" || exit 255; fi
done
`;

/**
 * Receives a folder as a tar stream. Arguments: target, label. The stream holds
 *
 * - \`tree/\`: what is to be at the target,
 * - \`modes/N.MODE\`: names, each ended by NUL, that get this mode in the end, in this order; in the tree everything can be
 *   written to and read, or it could be neither filled nor checked nor moved,
 * - \`list\`: the names of all files, each ended by NUL, and last
 * - \`sha256\`: that of their contents in this order.
 *
 * It is unpacked beside the target, or within it where that is there already: then it is the same disk. The digest is made
 * of what is read back from the unpacked files. That proves what the files hold, and it is three programs for any number of
 * files; large ones, whose second reading would cost something, do not come this way.
 */
export const RECEIVE_FOLDER = `${PRELUDE}
need tar mkdir mv rm chmod find xargs cat "$hasher"
to=$1 label=$2
${STAGING}
if [ -d "$to" ]; then
  home=$to
elif [ -e "$to" ]; then
  echo "$to is no folder" >&2
  exit 1
else
  home=\${to%/*}
  home=\${home:-/}
  mkdir -p "$home" || exit 1
fi
sweep "$home"
stage=$home/.$label.$host.$$.part
trap 'rm -rf "$stage"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$stage" "$stage/tree" || exit 1

# With the modes of the sender and the owner of the login.
tar -xpo -C "$stage" -f - || exit 1
if [ ! -f "$stage/sha256" ]; then exit ${EXIT.incomplete}; fi
read -r expected < "$stage/sha256"
sum=$(cd "$stage/tree" && xargs -0 cat < ../list | digest)
sum=\${sum%% *}
if [ "$sum" != "$expected" ]; then exit ${EXIT.differs}; fi

# -T, for otherwise what was made there a moment ago would get it as a subfolder.
if [ -d "$to" ] || ! mv -T "$stage/tree" "$to" 2>/dev/null; then
  if [ -d "$to" ]; then
    cd "$stage/tree" || exit 1
    find . -type d -print0 > ../folders || exit 1
    xargs -0 /bin/sh -c ${quoteWord(MERGE)} sh "$to" < ../folders || exit 1
  else
    mv "$stage/tree" "$to" || exit 1
  fi
fi
cd "$to" || exit 1
for names in "$stage"/modes/*; do
  if [ -f "$names" ]; then xargs -0 chmod "\${names##*.}" < "$names" || exit 1; fi
done
echo "sha256 $sum"
`;
