#!/bin/bash
# A make-believe nvcc: answers what build scripts ask of it and writes files of the right kind
# without compiling anything. It knows only the options that candle's build scripts pass.
set -eu

case " $* " in
*" --version "*)
    # In the fourth line, as the real one: that is where cudarc's build script looks.
    printf '%s\n' 'nvcc: a stand-in without a compiler' 'Copyright: none' 'Built on this machine' \
        'Cuda compilation tools, release @VERSION@, V@VERSION@.0'
    exit
    ;;
esac

mode=object output= folder=. sources=()
while [ $# -gt 0 ]; do
    case $1 in
    --ptx) mode=ptx ;;
    --lib) mode=library ;;
    -o) output=$2; shift ;;
    --output-directory) folder=$2; shift ;;
    --default-stream | -Xcompiler | -ccbin) shift ;;
    *.cu | *.o) sources+=("$1") ;;
    esac
    shift
done

case $mode in
ptx) # One empty module per source.
    for source in "${sources[@]}"; do
        [ -e "$source" ] || { echo "$source does not exist" >&2; exit 1; }
        name=${source##*/}
        printf '.version 7.0\n.target sm_70\n.address_size 64\n' >"$folder/${name%.cu}.ptx"
    done
    ;;
object) cc -x c -c -o "$output" /dev/null ;;
library) # Every function that candle-kernels declares, each ending the process if it is called.
    grep -oE '\bfn [A-Za-z0-9_]+' src/ffi.rs |
        sed 's/fn \(.*\)/void \1(void) { __builtin_trap(); }/' |
        cc -w -x c -fPIC -c -o "$output.o" -
    ar crs "$output" "$output.o"
    ;;
esac
