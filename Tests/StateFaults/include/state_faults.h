// Stands between the program that is linked with it and the kernel: counts what is done to the files
// of one directory, writes it down, and at a given moment fails or kills. SQLite, which is a shared
// library, finds these functions first.
#ifndef STATE_FAULTS_H
#define STATE_FAULTS_H

struct state_faults {
    const char *_Nonnull directory;
    // Where to write down what is done; -1 for nowhere. See state_faults.c for the form.
    int trace;
    // Number of the operation, from 1, at which the process is killed: half of it is done if it is a
    // write, nothing otherwise. 0 for never.
    long kill_at;
    // Operations that fail: the first of them, how many, and with which errno.
    long fail_at;
    long fail_count;
    int fail_code;
};

// To be called once, and first.
void state_faults_begin(const struct state_faults *_Nonnull faults);

#endif
