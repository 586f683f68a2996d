#!/bin/sh
# Makes the sample clips from pictures and clips that Debian packages ship (tools/samples.tsv).
#   make_samples.sh OUT CACHE [PID]
# Where it has been through before, only the tables are written again.
# OUT gets manifest.tsv (file, account, caption, credits), accounts.tsv, the clips one by one, and `done` at the end, or `stopped` when it
# ends before. Packages are unpacked below CACHE, not installed. Goes on where it stopped, and stops when the process PID has ended. A clip
# that can't be made is left out with a line that says why; when none can be, the last line says so and the status is 1.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$1
cache=$2
served_by=${3:-$$}
mkdir -p "$out" "$cache"
rm -f "$out/stopped" "$cache"/*.missing
trap '[ -f "$out/done" ] || : > "$out/stopped"' EXIT
tab=$(printf '\t')

fetch() { # package
  [ -d "$cache/$1" ] && return 0
  [ ! -f "$cache/$1.missing" ] || return 1
  download "$1" || { : > "$cache/$1.missing"; return 1; }
}

download() { # package
  (cd "$cache" && rm -f "$1"_*.deb && apt-get download "$1" >/dev/null 2>&1) || return 1
  rm -rf "$cache/$1.part"
  dpkg-deb -x "$cache/$1"_*.deb "$cache/$1.part" && mv "$cache/$1.part" "$cache/$1" && rm -f "$cache/$1"_*.deb
}

# The whole 9:16 frame behind, blurred; the clip itself in the middle, uncut.
framed='split[a][b];[a]scale=180:320:force_original_aspect_ratio=increase,crop=180:320,gblur=8,eq=brightness=-0.12,scale=720:1280[back];[b]scale=720:1280:force_original_aspect_ratio=decrease:flags=lanczos[front];[back][front]overlay=(W-w)/2:(H-h)/2'

filter_for() { # kind duration
  case $1 in
    clip) printf '%s' "$framed" ;;
    slow) printf 'setpts=2*PTS,%s' "$framed" ;;
    slow4) printf 'setpts=7*PTS,%s' "$framed" ;;
    upright) printf 'transpose=1,scale=720:1280:flags=lanczos' ;;
    picture) printf "scale=-2:1600,crop=900:1600:'(iw-900)*(0.3+0.4*t/%s)':0,scale=720:1280" "$2" ;;
  esac
}

make_clip() { # id package path kind start duration audio
  input="$cache/$2/$3"
  [ -f "$input" ] || { echo "sample $1 left out: $2 has no $3"; return 1; }
  set -- "$1" "$2" "$input" "$4" "$5" "$6" "$7" "$(filter_for "$4" "$6")"
  music=''
  if [ "$7" != own ]; then
    package=${7%%:*}; rest=${7#*:}; file=${rest%@*}; at=${rest##*@}
    fetch "$package" || { echo "sample $1 left out: no package $package"; return 1; }
    music="-ss $at -i $cache/$package/$file"
  fi
  still=''
  [ "$4" = picture ] && still='-loop 1 -framerate 30'
  part="$out/$1.part.mp4"
  # shellcheck disable=SC2086  # options are words on purpose
  ffmpeg -nostdin -v fatal -y $still -ss "$5" -i "$3" $music -t "$6" -filter_complex "[0:v]$8,fps=30,setsar=1,format=yuv420p[v]" \
    -map '[v]' -map "$([ -n "$music" ] && echo 1:a || echo '0:a?')" -af "afade=t=in:d=0.1,afade=t=out:st=$(awk "BEGIN{print $6-0.4}"):d=0.4" \
    -c:v libx264 -preset superfast -crf 21 -maxrate 9M -bufsize 12M -c:a aac -b:a 160k -ac 2 -shortest -map_metadata -1 "$part" && mv "$part" "$out/$1.mp4"
}

grep -v '^#' "$here/samples.tsv" | awk -F "$tab" '{print $1 ".mp4\t" $8 "\t" $9 "\t" $10}' > "$out/manifest.part"
mv "$out/manifest.part" "$out/manifest.tsv"
grep -v '^#' "$here/sample_accounts.tsv" > "$out/accounts.part"
mv "$out/accounts.part" "$out/accounts.tsv"
[ ! -f "$out/done" ] || exit 0

grep -v '^#' "$here/samples.tsv" | while IFS="$tab" read -r id package path kind start duration audio _; do
  kill -0 "$served_by" 2>/dev/null || exit 0
  [ -f "$out/$id.mp4" ] && continue
  fetch "$package" || { echo "sample $id left out: package $package could not be fetched"; continue; }
  make_clip "$id" "$package" "$path" "$kind" "$start" "$duration" "$audio" || echo "sample $id left out"
done
kill -0 "$served_by" 2>/dev/null || exit 0
ls "$out"/*.mp4 >/dev/null 2>&1 || { echo "none of the packages that hold them could be fetched; is there a network?"; exit 1; }
: > "$out/done"
