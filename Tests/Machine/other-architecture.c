// Succeeds if it can make a system call of the 32-bit architecture, which has other numbers.
int main(void) {
#ifdef __x86_64__
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory");  // getpid
    return result > 0 ? 0 : 1;
#else
    return 1;
#endif
}
