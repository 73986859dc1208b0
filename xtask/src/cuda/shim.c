/* A lazy stand-in for one of NVIDIA's shared libraries, linked statically.
 *
 * A binary linked against libcuda.so.1 does not even start where there is no driver. This file
 * defines every function of the library as an entry point that loads the real library at its
 * first call and jumps there ever after; where the library or the function is missing, the call
 * returns the library's own error code, and its error texts say what is missing.
 *
 * Compiled once a library, with -D:
 *   SONAME     the shared library, as a string
 *   MISSING    the error code of its "not available"
 *   FUNCTIONS  the name of a file with one line `F(index, name)` a function, as a string
 *   COUNT      how many lines that file has
 */
#include <dlfcn.h>
#include <string.h>

static const char *const names[] = {
#define F(index, name) #name,
#include FUNCTIONS
#undef F
};

/* Where each function lies, once it was called. */
__attribute__((used)) static void *table[COUNT];

static const char message[] = SONAME " not found: no NVIDIA driver or CUDA library on this machine";

static int missing(void) { return MISSING; }

/* cuGetErrorName and cuGetErrorString: int (*)(int, const char **) */
static int describe(int error, const char **text) {
    (void)error;
    *text = message;
    return 0;
}

/* cublasGetStatusString, nvrtcGetErrorString, ncclGetLastError: const char *(*)(...) */
static const char *text(void) { return message; }

static void *stand_in(const char *name) {
    if (!strncmp(name, "cuGetError", 10)) return (void *)describe;
    if (strstr(name, "GetErrorString") || strstr(name, "GetStatus")) return (void *)text;
    if (strstr(name, "GetLastError")) return (void *)text;
    return (void *)missing;
}

__attribute__((used)) static void *load(long index) {
    void *library = dlopen(SONAME, RTLD_NOW | RTLD_GLOBAL);
    void *function = library ? dlsym(library, names[index]) : 0;
    return table[index] = function ? function : stand_in(names[index]);
}

/* Reached from an entry point with the function's index pushed. Keeps every register that may
 * hold an argument, loads, and continues in the function as if it had been called at once. */
__asm__(".text\n"
        "load_and_jump:\n"
        "  push %rdi\n  push %rsi\n  push %rdx\n  push %rcx\n  push %r8\n  push %r9\n"
        "  sub $128, %rsp\n"
        "  movups %xmm0, (%rsp)\n   movups %xmm1, 16(%rsp)\n"
        "  movups %xmm2, 32(%rsp)\n movups %xmm3, 48(%rsp)\n"
        "  movups %xmm4, 64(%rsp)\n movups %xmm5, 80(%rsp)\n"
        "  movups %xmm6, 96(%rsp)\n movups %xmm7, 112(%rsp)\n"
        "  mov 176(%rsp), %rdi\n" /* the index: above 128 bytes and six registers */
        "  call load\n"
        "  mov %rax, %r11\n"
        "  movups (%rsp), %xmm0\n   movups 16(%rsp), %xmm1\n"
        "  movups 32(%rsp), %xmm2\n movups 48(%rsp), %xmm3\n"
        "  movups 64(%rsp), %xmm4\n movups 80(%rsp), %xmm5\n"
        "  movups 96(%rsp), %xmm6\n movups 112(%rsp), %xmm7\n"
        "  add $128, %rsp\n"
        "  pop %r9\n  pop %r8\n  pop %rcx\n  pop %rdx\n  pop %rsi\n  pop %rdi\n"
        "  add $8, %rsp\n" /* the index */
        "  jmp *%r11\n");

#define F(index, name)                                       \
    __asm__(".text\n.globl " #name "\n"                      \
            ".type " #name ", @function\n" #name ":\n"       \
            "  mov table+8*" #index "(%rip), %r11\n"         \
            "  test %r11, %r11\n"                            \
            "  je 1f\n"                                      \
            "  jmp *%r11\n"                                  \
            "1: pushq $" #index "\n"                         \
            "  jmp load_and_jump\n");
#include FUNCTIONS
