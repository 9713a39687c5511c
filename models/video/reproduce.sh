#!/bin/sh
# Trains the model again from its data, and says whether the same weights came of it.
#
#     sh reproduce.sh [FOLDER]
#
# FOLDER holds the data where the recipe looks for it, and is the current one when none is named. What is made comes to
# lie in FOLDER/reproduced. FREEHOLD names the program. Weights are the same to the bit on a processor with the same
# instructions and with the same version of Freehold, which was 0.1.0.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
folder=$(CDPATH='' cd -- "${1:-.}" && pwd)
sums() { [ ! -s "$here/training/data.sha256" ] || (cd "$folder" && sha256sum --check --quiet "$here/training/data.sha256"); }

sums || {
  echo "error: the data in $folder is not what the model was trained with" >&2
  echo "hint: DATA.md says where each source comes from, and its sha256" >&2
  exit 1
}
recipe=$folder/reproduced.toml
{ echo 'out = "reproduced"'; sed '/^[[:space:]]*out[[:space:]]*=/d' "$here/recipe/recipe.toml"; } >"$recipe"
"${FREEHOLD:-freehold}" train "$recipe"
made=$(sha256sum "$folder"/reproduced/'strokes'/model/model.safetensors | cut -d ' ' -f 1)
wanted=588c24204517a19fb882154f88b86751f7851f47a02bcb88c773638d58e30661
if [ "$made" = "$wanted" ]; then
  echo "video: the same weights to the bit, $made"
else
  echo "video: other weights, $made in place of $wanted" >&2
  exit 1
fi
