// The kernels for GPUs on a processor: compiled as C, with a thread for each of a block's and the
// blocks one after the other, and held against plain loops in double precision.
//
// It ends with 0 where all agree, else with 1 and a line for each that does not.

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    float x, y, z, w;
} float4;

typedef struct {
    int x, y, z;
} Index;

static _Thread_local Index threadIdx, blockIdx;
static Index gridDim;
static pthread_barrier_t barrier;

#define KERNEL(threads) static void
#define SHARED static __attribute__((aligned(16)))
#define UNROLL
#define RESTRICT restrict
#define __syncthreads() pthread_barrier_wait(&barrier)

#include KERNELS

typedef void (*Kernel)(void);
static Kernel launched;

static void *thread(void *number) {
    threadIdx.x = (int)(size_t)number;
    for (blockIdx.z = 0; blockIdx.z < gridDim.z; blockIdx.z++) {
        for (blockIdx.y = 0; blockIdx.y < gridDim.y; blockIdx.y++) {
            for (blockIdx.x = 0; blockIdx.x < gridDim.x; blockIdx.x++) {
                launched();
                // What blocks share is in the same place for all of them.
                pthread_barrier_wait(&barrier);
            }
        }
    }
    return NULL;
}

static void launch(Kernel kernel, int threads, int x, int y, int z) {
    pthread_t *all = malloc(threads * sizeof *all);
    launched = kernel;
    gridDim = (Index){x, y, z};
    pthread_barrier_init(&barrier, NULL, threads);
    for (int number = 0; number < threads; number++) {
        if (pthread_create(&all[number], NULL, thread, (void *)(size_t)number)) {
            perror("pthread_create");
            exit(2);
        }
    }
    for (int number = 0; number < threads; number++) {
        pthread_join(all[number], NULL);
    }
    pthread_barrier_destroy(&barrier);
    free(all);
}

// What a case works on: B pictures, I channels in, O out.
static int B, I, O, S, parts, is_turned, failures;
static float *map, *weight, *gradient, *output, *slabs, *gamma_, *beta, *means, *gradients;
static double *sums;
static const float EPSILON = 1e-5f;

static void run_convolve(void) {
    convolve(map, weight, output, I, O, S, B * S * S, is_turned);
}
static void run_weight_gradient(void) {
    int span = (B * S * S + parts - 1) / parts;
    weight_gradient(map, gradient, slabs, I, O, S, B * S * S, span);
}
static void run_sum_parts(void) { sum_parts(slabs, output, parts, O * I * TAPS); }
static void run_moment_sums(void) { moment_sums(map, sums, I, S * S, B); }
static void run_moments(void) { moments(map, sums, means, I, S * S, B, parts); }
static void run_normalise(void) {
    normalise(map, gamma_, beta, means, means + I, output, I, S * S, EPSILON);
}
static void run_norm_gradient_sums(void) {
    norm_gradient_sums(map, gradient, means, sums, I, S * S, B);
}
static void run_norm_gradients(void) {
    norm_gradients(sums, means + I, gradients, I, parts, EPSILON);
}
static void run_norm_map_gradient(void) {
    norm_map_gradient(map, gradient, gamma_, means, means + I, gradients, output, I, S * S, B,
                      EPSILON);
}
static void run_adam(void) {
    adam(weight, gamma_, beta, gradient, I, 0.1f, 0.01f, 0.9f, 0.99f, EPSILON, 2.0f, 3.0f);
}
static void run_nesterov(void) { nesterov(weight, gamma_, gradient, I, 0.1f, 0.01f, 0.9f); }
static void run_max_pool(void) { max_pool(map, output, S, S + 1); }
static void run_max_pool_gradient(void) { max_pool_gradient(map, gradient, output, S, S + 1); }

static float *drawn(int count) {
    float *values = malloc((count + 4) * sizeof *values);
    for (int at = 0; at < count; at++) {
        values[at] = (float)rand() / RAND_MAX * 2.0f - 0.7f;
    }
    return values;
}

static void check(const char *name, int at, double actual, double expected) {
    if (!(fabs(actual - expected) <= 1e-4 * (1.0 + fabs(expected)))) {
        if (failures++ < 20) {
            printf("%s, %d pictures, %d to %d channels of %d, at %d: %g instead of %g\n", name, B, I,
                   O, S, at, actual, expected);
        }
    }
}

static double value_at(const float *values, int channels, int b, int c, int y, int x) {
    int is_inside = y >= 0 && y < S && x >= 0 && x < S;
    return is_inside ? values[((b * channels + c) * S + y) * S + x] : 0.0;
}

static int ceil_of(int count, int by) { return (count + by - 1) / by; }

static void check_convolution(int turned) {
    is_turned = turned;
    launch(run_convolve, 256, ceil_of(B * S * S, POSITIONS), ceil_of(O, OUTPUTS), 1);
    for (int at = 0; at < B * O * S * S; at++) {
        int b = at / (O * S * S), o = at / (S * S) % O, y = at / S % S, x = at % S;
        double sum = 0.0;
        for (int i = 0; i < I; i++) {
            for (int tap = 0; tap < TAPS; tap++) {
                double filter = turned ? weight[(i * O + o) * TAPS + TAPS - 1 - tap]
                                       : weight[(o * I + i) * TAPS + tap];
                sum += filter * value_at(map, I, b, i, y + tap / 3 - 1, x + tap % 3 - 1);
            }
        }
        check(turned ? "convolve, turned" : "convolve", at, output[at], sum);
    }
}

static void check_weight_gradient(void) {
    launch(run_weight_gradient, 128, ceil_of(I * TAPS, COLUMNS), ceil_of(O, OUTPUTS), parts);
    launch(run_sum_parts, 64, ceil_of(O * I * TAPS, 64), 1, 1);
    for (int at = 0; at < O * I * TAPS; at++) {
        int o = at / (I * TAPS), i = at / TAPS % I, tap = at % TAPS;
        double sum = 0.0;
        for (int position = 0; position < B * S * S; position++) {
            int b = position / (S * S), y = position / S % S, x = position % S;
            sum += value_at(gradient, O, b, o, y, x) *
                   value_at(map, I, b, i, y + tap / 3 - 1, x + tap % 3 - 1);
        }
        check("weight_gradient", at, output[at], sum);
    }
}

static void check_norm(void) {
    launch(run_moment_sums, 256, I, parts, 1);
    launch(run_moments, 64, ceil_of(I, 64), 1, 1);
    launch(run_normalise, 256, B * I, 1, 1);
    double count = B * S * S;
    for (int c = 0; c < I; c++) {
        double mean = 0.0, variance = 0.0, of_gamma = 0.0, of_beta = 0.0;
        for (int position = 0; position < B * S * S; position++) {
            mean += map[(position / (S * S) * I + c) * S * S + position % (S * S)] / count;
        }
        for (int position = 0; position < B * S * S; position++) {
            double off = map[(position / (S * S) * I + c) * S * S + position % (S * S)] - mean;
            variance += off * off / count;
        }
        check("mean", c, means[c], mean);
        check("variance", c, means[I + c], variance);
        double root = 1.0 / sqrt(variance + EPSILON);
        for (int position = 0; position < B * S * S; position++) {
            int at = (position / (S * S) * I + c) * S * S + position % (S * S);
            check("normalise", at, output[at], (map[at] - mean) * root * gamma_[c] + beta[c]);
            of_beta += gradient[at];
            of_gamma += gradient[at] * (map[at] - mean) * root;
        }
        // For the last part, once a channel is as good as the kernel's own.
        gradients[2 * I + c] = (float)of_gamma;
        gradients[3 * I + c] = (float)of_beta;
    }
    launch(run_norm_gradient_sums, 256, I, parts, 1);
    launch(run_norm_gradients, 64, ceil_of(I, 64), 1, 1);
    launch(run_norm_map_gradient, 256, B * I, 1, 1);
    for (int c = 0; c < I; c++) {
        double of_gamma = gradients[2 * I + c], of_beta = gradients[3 * I + c];
        check("gamma's gradient", c, gradients[c], of_gamma);
        check("beta's gradient", c, gradients[I + c], of_beta);
        double root = 1.0 / sqrt(means[I + c] + EPSILON);
        for (int position = 0; position < B * S * S; position++) {
            int at = (position / (S * S) * I + c) * S * S + position % (S * S);
            double off = (map[at] - means[c]) * root * of_gamma;
            check("norm_map_gradient", at, output[at],
                  gamma_[c] * root * (gradient[at] - (of_beta + off) / count));
        }
    }
}

// Of S by S + 1, so that one of them is odd.
static void check_max_pool(void) {
    const int height = S, width = S + 1, rows = height / 2, columns = width / 2;
    map[1] = map[0];
    launch(run_max_pool, 256, B * I, 1, 1);
    float *expected = calloc(B * I * height * width, sizeof *expected);
    for (int at = 0; at < B * I * rows * columns; at++) {
        int plane = at / (rows * columns), y = at / columns % rows, x = at % columns, first = -1;
        for (int value = 0; value < 4; value++) {
            int here = (plane * height + y * 2 + value / 2) * width + x * 2 + value % 2;
            first = first < 0 || map[here] > map[first] ? here : first;
        }
        check("max_pool", at, output[at], map[first]);
        expected[first] = gradient[at];
    }
    launch(run_max_pool_gradient, 256, B * I, 1, 1);
    for (int at = 0; at < B * I * height * width; at++) {
        check("max_pool_gradient", at, output[at], expected[at]);
    }
    free(expected);
}

static void check_optimizers(void) {
    for (int c = 0; c < I; c++) {
        beta[c] = fabsf(beta[c]);
        float value = gradient[c] + 0.1f * weight[c];
        means[c] = 0.9f * gamma_[c] + 0.1f * value;
        means[I + c] = 0.99f * beta[c] + 0.01f * value * value;
        output[c] = weight[c] - 0.01f * means[c] * 2.0f / (sqrtf(means[I + c] * 3.0f) + EPSILON);
    }
    launch(run_adam, 256, ceil_of(I, 256), 1, 1);
    for (int c = 0; c < I; c++) {
        check("adam, weight", c, weight[c], output[c]);
        check("adam, mean", c, gamma_[c], means[c]);
        check("adam, square", c, beta[c], means[I + c]);
        float value = gradient[c] + 0.1f * weight[c];
        means[c] = 0.9f * gamma_[c] + value;
        output[c] = weight[c] - 0.01f * (value + 0.9f * means[c]);
    }
    launch(run_nesterov, 256, ceil_of(I, 256), 1, 1);
    for (int c = 0; c < I; c++) {
        check("nesterov, weight", c, weight[c], output[c]);
        check("nesterov, momentum", c, gamma_[c], means[c]);
    }
}

static void check_all(int pictures, int inputs, int outputs, int side, int in_parts) {
    B = pictures, I = inputs, O = outputs, S = side, parts = in_parts;
    int most = B * (I > O ? I : O) * S * (S + 1);
    map = drawn(most), gradient = drawn(most), weight = drawn(I * O * TAPS);
    gamma_ = drawn(I), beta = drawn(I), means = drawn(2 * I), gradients = drawn(4 * I);
    output = drawn(most > I * O * TAPS ? most : I * O * TAPS);
    slabs = drawn(parts * I * O * TAPS);
    sums = malloc(parts * 2 * I * sizeof *sums);
    check_convolution(0);
    check_convolution(1);
    check_weight_gradient();
    check_norm();
    check_max_pool();
    check_optimizers();
    float *all[] = {map, gradient, weight, gamma_, beta, means, gradients, output, slabs};
    for (int at = 0; at < 9; at++) {
        free(all[at]);
    }
    free(sums);
}

int main(void) {
    check_all(3, 3, 5, 7, 2);
    check_all(1, 6, 70, 10, 5);
    check_all(2, 66, 3, 4, 2);
    check_all(4, 2, 1, 1, 1);
    printf("%d values are off\n", failures);
    return failures > 0;
}
