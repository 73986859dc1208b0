// Kernels of training on NVIDIA GPUs: convolution, BatchNorm and max-pool of maps (B, C, S, S),
// f32 and contiguous, with their gradients.
//
// NVRTC compiles this file where it runs, as CUDA C++; the tests compile it as C with one thread of
// the processor for each of a block's (`tests/cuda`). So it keeps to what both languages know, and
// `KERNEL(threads)` stands for what a kernel is in each of them.
//
// A *place* is a pixel's number within its map, a *position* its number within the whole batch.

#ifdef __CUDACC__
#define KERNEL(threads) extern "C" __global__ void __launch_bounds__(threads)
#define SHARED __shared__ __align__(16)
#define UNROLL _Pragma("unroll")
#define RESTRICT __restrict__
#endif

// Filters are 3x3.
#define TAPS 9

// Which of a place's nine neighbours lie inside its map, a bit each.
#define INSIDE(place, side)                                                        \
    (0x1ff & ~((place) < (side) ? 0x007 : 0) &                                     \
     ~((place) >= (side) * ((side) - 1) ? 0x1c0 : 0) &                             \
     ~((place) % (side) == 0 ? 0x049 : 0) & ~((place) % (side) == (side) - 1 ? 0x124 : 0))

#define POSITIONS 128
#define OUTPUTS 64
#define CHANNELS 4
#define DEPTH (CHANNELS * TAPS)

// output[b][o][place] = Σ over i, tap of weight[o][i][tap] · map[b][i][place's neighbour tap]
//
// An implicit matrix product: a block has 128 positions by 64 output channels, a thread 8 by 4 of
// them, and the windows are gathered in shared memory, four input channels at a time. `turned`
// reads the filters as the gradient of the map does: weight is (inputs, outputs, 3, 3) then, and
// each filter is turned by half a circle.
KERNEL(256) convolve(const float *RESTRICT map, const float *RESTRICT weight,
                     float *RESTRICT output, int inputs, int outputs, int side, int positions,
                     int turned) {
    SHARED float windows[DEPTH][POSITIONS];
    SHARED float filters[DEPTH][OUTPUTS + 4];
    const int thread = threadIdx.x;
    const int area = side * side;
    const int first_output = blockIdx.y * OUTPUTS;
    const int slot = thread % POSITIONS;
    const int half = thread / POSITIONS;
    const int gathered = blockIdx.x * POSITIONS + slot;
    const int picture = gathered / area, place = gathered % area;
    const int inside = gathered < positions ? INSIDE(place, side) : 0;
    const float *source = map + (long long)picture * inputs * area + place;
    const int position = thread % 16 * 4, channel = thread / 16 * 4;
    float sums[4][8] = {{0.0f}};
    for (int first = 0; first < inputs; first += CHANNELS) {
        UNROLL
        for (int c = 0; c < CHANNELS / 2; c++) {
            const int row = half * (CHANNELS / 2) + c;
            const int input = first + row;
            UNROLL
            for (int tap = 0; tap < TAPS; tap++) {
                const int is_read = input < inputs && (inside >> tap & 1);
                const int at = input * area + (tap / 3 - 1) * side + tap % 3 - 1;
                windows[row * TAPS + tap][slot] = is_read ? source[at] : 0.0f;
            }
        }
        for (int at = thread; at < DEPTH * OUTPUTS; at += 256) {
            const int depth = at % DEPTH, tap = depth % TAPS;
            const int input = first + depth / TAPS, out = first_output + at / DEPTH;
            float value = 0.0f;
            if (input < inputs && out < outputs) {
                value = turned ? weight[(input * outputs + out) * TAPS + TAPS - 1 - tap]
                               : weight[(out * inputs + input) * TAPS + tap];
            }
            filters[depth][at / DEPTH] = value;
        }
        __syncthreads();
        UNROLL
        for (int depth = 0; depth < DEPTH; depth++) {
            const float4 low = *(const float4 *)&windows[depth][position];
            const float4 high = *(const float4 *)&windows[depth][POSITIONS / 2 + position];
            const float4 filter = *(const float4 *)&filters[depth][channel];
            const float x[8] = {low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
            const float w[4] = {filter.x, filter.y, filter.z, filter.w};
            UNROLL
            for (int o = 0; o < 4; o++) {
                UNROLL
                for (int p = 0; p < 8; p++) {
                    sums[o][p] += w[o] * x[p];
                }
            }
        }
        __syncthreads();
    }
    UNROLL
    for (int p = 0; p < 8; p++) {
        const int at = blockIdx.x * POSITIONS + p / 4 * (POSITIONS / 2) + position + p % 4;
        if (at < positions) {
            float *target = output + (long long)(at / area) * outputs * area + at % area;
            UNROLL
            for (int o = 0; o < 4; o++) {
                const int out = first_output + channel + o;
                if (out < outputs) {
                    target[(long long)out * area] = sums[o][p];
                }
            }
        }
    }
}

#define COLUMNS 64
#define STRETCH 32
// Values of each matrix that a thread brings from main memory at a time.
#define BROUGHT (STRETCH * COLUMNS / 128)

// parts[z][o][i · 9 + tap] = Σ over a span of positions of gradient[b][o][place] · map[b][i][the
// place's neighbour tap]
//
// A block has 64 output channels by 64 columns (an input channel and a tap each), a thread 8 by 4
// of them; the next stretch of positions is on its way while one is summed. `sum_parts` adds the
// spans up.
KERNEL(128) weight_gradient(const float *RESTRICT map, const float *RESTRICT gradient,
                            float *RESTRICT parts, int inputs, int outputs, int side, int positions,
                            int span) {
    SHARED float gradients[STRETCH][OUTPUTS + 4];
    SHARED float windows[STRETCH][COLUMNS + 4];
    SHARED int column_at[COLUMNS];
    SHARED int column_tap[COLUMNS];
    const int thread = threadIdx.x;
    const int area = side * side, columns = inputs * TAPS;
    const int first_column = blockIdx.x * COLUMNS, first_output = blockIdx.y * OUTPUTS;
    const int begin = blockIdx.z * span;
    const int end = begin + span < positions ? begin + span : positions;
    if (thread < COLUMNS) {
        const int at = first_column + thread, tap = at % TAPS;
        column_at[thread] = at / TAPS * area + (tap / 3 - 1) * side + tap % 3 - 1;
        column_tap[thread] = at < columns ? 1 << tap : 0;
    }
    __syncthreads();
    // A thread brings one position of every fourth row. A warp's are eight positions of four rows:
    // whole sectors are read, and each bank is written once.
    const int own_position = (thread & 7) | (thread >> 5) << 3, own_row = thread >> 3 & 3;
    const int column = thread % 16 * 4, channel = thread / 16 * 8;
    float brought_gradients[BROUGHT], brought_windows[BROUGHT];
    float sums[8][4] = {{0.0f}};
    for (int start = begin - STRETCH; start < end; start += STRETCH) {
        if (start >= begin) {
            UNROLL
            for (int number = 0; number < BROUGHT; number++) {
                gradients[own_position][number * 4 + own_row] = brought_gradients[number];
                windows[own_position][number * 4 + own_row] = brought_windows[number];
            }
        }
        __syncthreads();
        const int at = start + STRETCH + own_position;
        const int is_there = at < end;
        const int picture = at / area, place = at % area;
        const int inside = is_there ? INSIDE(place, side) : 0;
        const float *RESTRICT own_map = map + (long long)picture * inputs * area + place;
        const float *RESTRICT own_gradient =
            gradient + ((long long)picture * outputs + first_output) * area + place;
        UNROLL
        for (int number = 0; number < BROUGHT; number++) {
            const int row = number * 4 + own_row;
            const int is_output = is_there && first_output + row < outputs;
            const int is_window = inside & column_tap[row];
            brought_gradients[number] = is_output ? own_gradient[row * area] : 0.0f;
            brought_windows[number] = is_window ? own_map[column_at[row]] : 0.0f;
        }
        if (start >= begin) {
            UNROLL
            for (int p = 0; p < STRETCH; p++) {
                const float4 low = *(const float4 *)&gradients[p][channel];
                const float4 high = *(const float4 *)&gradients[p][channel + 4];
                const float4 window = *(const float4 *)&windows[p][column];
                const float g[8] = {low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
                const float x[4] = {window.x, window.y, window.z, window.w};
                UNROLL
                for (int o = 0; o < 8; o++) {
                    UNROLL
                    for (int c = 0; c < 4; c++) {
                        sums[o][c] += g[o] * x[c];
                    }
                }
            }
        }
        __syncthreads();
    }
    UNROLL
    for (int o = 0; o < 8; o++) {
        UNROLL
        for (int c = 0; c < 4; c++) {
            const int out = first_output + channel + o, at = first_column + column + c;
            if (out < outputs && at < columns) {
                parts[((long long)blockIdx.z * outputs + out) * columns + at] = sums[o][c];
            }
        }
    }
}

// output[at] = Σ of parts[z][at]
KERNEL(64) sum_parts(const float *parts, float *output, int count, int length) {
    const int at = blockIdx.x * 64 + threadIdx.x;
    if (at < length) {
        float sum = 0.0f;
        for (int part = 0; part < count; part++) {
            sum += parts[(long long)part * length + at];
        }
        output[at] = sum;
    }
}

// Sums of a block's threads, in double precision; the first thread writes them.
#define REDUCE(one, two, target_one, target_two)                                   \
    SHARED double ones[256];                                                       \
    SHARED double twos[256];                                                       \
    ones[threadIdx.x] = one;                                                       \
    twos[threadIdx.x] = two;                                                       \
    __syncthreads();                                                               \
    for (int reach = 128; reach > 0; reach /= 2) {                                 \
        if (threadIdx.x < reach) {                                                 \
            ones[threadIdx.x] += ones[threadIdx.x + reach];                        \
            twos[threadIdx.x] += twos[threadIdx.x + reach];                        \
        }                                                                          \
        __syncthreads();                                                           \
    }                                                                              \
    if (threadIdx.x == 0) {                                                        \
        target_one = ones[0];                                                      \
        target_two = twos[0];                                                      \
    }

// sums[part][2][c]: the sums of x − shift and of its square over each gridDim.y-th picture, where
// shift is the channel's first value, which keeps the squares small.
KERNEL(256) moment_sums(const float *map, double *sums, int channels, int area, int pictures) {
    const int channel = blockIdx.x, part = blockIdx.y;
    const float shift = map[(long long)channel * area];
    float one = 0.0f, two = 0.0f;
    for (int picture = part; picture < pictures; picture += gridDim.y) {
        const float *plane = map + ((long long)picture * channels + channel) * area;
        for (int place = threadIdx.x; place < area; place += 256) {
            const float value = plane[place] - shift;
            one += value;
            two += value * value;
        }
    }
    REDUCE(one, two, sums[(part * 2) * channels + channel], sums[(part * 2 + 1) * channels + channel])
}

// moments[0][c] = mean, moments[1][c] = biased variance
KERNEL(64) moments(const float *map, const double *sums, float *output, int channels, int area,
                   int pictures, int parts) {
    const int channel = blockIdx.x * 64 + threadIdx.x;
    if (channel < channels) {
        const double count = (double)pictures * area;
        double one = 0.0, two = 0.0;
        for (int part = 0; part < parts; part++) {
            one += sums[(part * 2) * channels + channel];
            two += sums[(part * 2 + 1) * channels + channel];
        }
        const double mean = one / count, variance = two / count - mean * mean;
        output[channel] = (float)(mean + map[(long long)channel * area]);
        output[channels + channel] = variance > 0.0 ? (float)variance : 0.0f;
    }
}

// output = (x − mean) / √(variance + ε) · gamma + beta; a block a plane
KERNEL(256) normalise(const float *map, const float *gamma, const float *beta, const float *mean,
                      const float *variance, float *output, int channels, int area, float epsilon) {
    const int channel = blockIdx.x % channels;
    const float scale = gamma[channel] / sqrtf(variance[channel] + epsilon);
    const float shift = beta[channel] - mean[channel] * scale;
    const long long plane = (long long)blockIdx.x * area;
    for (int place = threadIdx.x; place < area; place += 256) {
        output[plane + place] = map[plane + place] * scale + shift;
    }
}

// sums[part][2][c]: the sums of the gradient and of gradient · (x − mean)
KERNEL(256) norm_gradient_sums(const float *map, const float *gradient, const float *mean,
                               double *sums, int channels, int area, int pictures) {
    const int channel = blockIdx.x, part = blockIdx.y;
    const float shift = mean[channel];
    float one = 0.0f, two = 0.0f;
    for (int picture = part; picture < pictures; picture += gridDim.y) {
        const long long plane = ((long long)picture * channels + channel) * area;
        for (int place = threadIdx.x; place < area; place += 256) {
            const float value = gradient[plane + place];
            one += value;
            two += value * (map[plane + place] - shift);
        }
    }
    REDUCE(one, two, sums[(part * 2) * channels + channel], sums[(part * 2 + 1) * channels + channel])
}

// output[0][c] = gamma's gradient, output[1][c] = beta's
KERNEL(64) norm_gradients(const double *sums, const float *variance, float *output, int channels,
                          int parts, float epsilon) {
    const int channel = blockIdx.x * 64 + threadIdx.x;
    if (channel < channels) {
        double one = 0.0, two = 0.0;
        for (int part = 0; part < parts; part++) {
            one += sums[(part * 2) * channels + channel];
            two += sums[(part * 2 + 1) * channels + channel];
        }
        output[channel] = (float)two / sqrtf(variance[channel] + epsilon);
        output[channels + channel] = (float)one;
    }
}

// The map's gradient: scale · (gradient − of_beta / n − (x − mean) · root · of_gamma / n), where
// root = 1 / √(variance + ε) and scale = gamma · root; a block a plane
KERNEL(256) norm_map_gradient(const float *map, const float *gradient, const float *gamma,
                              const float *mean, const float *variance, const float *gradients,
                              float *output, int channels, int area, int pictures, float epsilon) {
    const int channel = blockIdx.x % channels;
    const float count = (float)pictures * area;
    const float root = 1.0f / sqrtf(variance[channel] + epsilon);
    const float scale = gamma[channel] * root;
    const float by_map = -scale * root * gradients[channel] / count;
    const float constant = -scale * gradients[channels + channel] / count - by_map * mean[channel];
    const long long plane = (long long)blockIdx.x * area;
    for (int place = threadIdx.x; place < area; place += 256) {
        output[plane + place] =
            gradient[plane + place] * scale + map[plane + place] * by_map + constant;
    }
}

// The first of the greatest of a window's four values: 0, 1, 2 or 3.
#define FIRST_MAXIMUM(which, window, side)                                         \
    int which = 0;                                                                 \
    if ((window)[1] > (window)[0]) {                                               \
        which = 1;                                                                 \
    }                                                                              \
    if ((window)[side] > (window)[which]) {                                        \
        which = 2;                                                                 \
    }                                                                              \
    if ((window)[(side) + 1] > (window)[which == 2 ? (side) : which]) {             \
        which = 3;                                                                 \
    }

// Maximum over 2x2 windows, an odd last row or column left out; a block a plane
KERNEL(256) max_pool(const float *map, float *output, int height, int width) {
    const int columns = width / 2, places = height / 2 * columns;
    const float *plane = map + (long long)blockIdx.x * height * width;
    float *target = output + (long long)blockIdx.x * places;
    for (int place = threadIdx.x; place < places; place += 256) {
        const float *window = plane + place / columns * 2 * width + place % columns * 2;
        FIRST_MAXIMUM(which, window, width)
        target[place] = window[which / 2 * width + which % 2];
    }
}

// The gradient goes to the first maximum of each window; a block a plane
KERNEL(256) max_pool_gradient(const float *map, const float *gradient, float *output, int height,
                              int width) {
    const int columns = width / 2, rows = height / 2;
    const float *plane = map + (long long)blockIdx.x * height * width;
    const float *of_pooled = gradient + (long long)blockIdx.x * rows * columns;
    float *target = output + (long long)blockIdx.x * height * width;
    for (int place = threadIdx.x; place < height * width; place += 256) {
        const int y = place / width, x = place % width;
        float value = 0.0f;
        if (y / 2 < rows && x / 2 < columns) {
            const float *window = plane + y / 2 * 2 * width + x / 2 * 2;
            FIRST_MAXIMUM(which, window, width)
            if (which == y % 2 * 2 + x % 2) {
                value = of_pooled[y / 2 * columns + x / 2];
            }
        }
        target[place] = value;
    }
}

// A step of Adam (Kingma and Ba 2015, algorithm 1) in place, as PyTorch takes it; the shares are
// 1 / (1 − beta^t).
KERNEL(256) adam(float *weight, float *mean, float *square, const float *gradient, int length,
                 float decay, float rate, float beta_1, float beta_2, float epsilon,
                 float first_share, float second_share) {
    const int at = blockIdx.x * 256 + threadIdx.x;
    if (at < length) {
        const float value = gradient[at] + decay * weight[at];
        mean[at] = beta_1 * mean[at] + (1.0f - beta_1) * value;
        square[at] = beta_2 * square[at] + (1.0f - beta_2) * value * value;
        weight[at] -= rate * (mean[at] * first_share) / (sqrtf(square[at] * second_share) + epsilon);
    }
}

// A step of gradient descent with Nesterov's momentum in place, as PyTorch takes it.
KERNEL(256) nesterov(float *weight, float *momentum, const float *gradient, int length, float decay,
                     float rate, float kept) {
    const int at = blockIdx.x * 256 + threadIdx.x;
    if (at < length) {
        const float value = gradient[at] + decay * weight[at];
        momentum[at] = momentum[at] * kept + value;
        weight[at] -= rate * (value + kept * momentum[at]);
    }
}
