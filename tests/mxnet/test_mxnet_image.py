"""Images of the Python-MXNet face, against NumPy and what is known of small images."""

import json
import random

import numpy as np
import pytest

import symnet.mxnet as mx
from symnet.core.errors import ArgumentError, DataError, FormatError

cv2 = pytest.importorskip("cv2")


def pixels(height, width):
    """Return an image whose pixels are all different."""
    return np.arange(height * width * 3, dtype=np.uint8).reshape(height, width, 3)


def png(image):
    """Return the bytes of a file with an image, red first."""
    return cv2.imencode(".png", image[..., ::-1])[1].tobytes()


# -- functions -------------------------------------------------------------------------------------


def test_an_image_is_decoded_red_first():
    image = pixels(4, 5)
    found = mx.image.imdecode(png(image))
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found.asnumpy(), image)
    np.testing.assert_array_equal(
        mx.img.imdecode(png(image), to_rgb=False).asnumpy(), image[..., ::-1]
    )
    assert mx.image.imdecode(png(image), flag=0).shape == (4, 5, 1)
    target = mx.nd.zeros((4, 5, 3), dtype="uint8")
    assert mx.image.imdecode(np.frombuffer(png(image), np.uint8), out=target) is target
    np.testing.assert_array_equal(target.asnumpy(), image)


def test_an_image_is_read_from_a_file(tmp_path):
    (tmp_path / "a.png").write_bytes(png(pixels(3, 3)))
    np.testing.assert_array_equal(mx.image.imread(str(tmp_path / "a.png")).asnumpy(), pixels(3, 3))


def test_what_is_no_image_is_refused():
    with pytest.raises(FormatError, match="cannot be decoded"):
        mx.image.imdecode(b"nonsense")
    with pytest.raises(ArgumentError, match="in the mode 'rb'"):
        mx.image.imdecode("a.png")


@pytest.mark.parametrize("interp", [0, 1, 2, 3, 4])
def test_an_image_is_resized_as_by_opencv(interp):
    image = pixels(6, 8)
    expected = cv2.resize(image, (5, 3), interpolation=interp)
    found = mx.image.imresize(mx.nd.array(image, dtype="uint8"), 5, 3, interp)
    np.testing.assert_array_equal(found.asnumpy(), expected)


@pytest.mark.parametrize(("shape", "expected"), [((10, 20), (5, 10)), ((21, 10), (10, 5))])
def test_the_shorter_edge_gets_the_length(shape, expected):
    image = mx.nd.array(np.zeros((*shape, 3)), dtype="uint8")
    assert mx.image.resize_short(image, 5).shape == (*expected, 3)


def test_crops_are_parts():
    image = pixels(6, 8)
    given = mx.nd.array(image, dtype="uint8")
    np.testing.assert_array_equal(mx.image.fixed_crop(given, 2, 1, 4, 3).asnumpy(), image[1:4, 2:6])
    found, place = mx.image.center_crop(given, (4, 2))
    assert place == (2, 2, 4, 2)
    np.testing.assert_array_equal(found.asnumpy(), image[2:4, 2:6])
    random.seed(3)
    for _ in range(5):
        found, (x, y, w, h) = mx.image.random_crop(given, (4, 2))
        np.testing.assert_array_equal(found.asnumpy(), image[y : y + h, x : x + w])
    found, place = mx.image.random_size_crop(given, (3, 3), (0.3, 0.6), (0.5, 2.0))
    assert found.shape == (3, 3, 3)
    assert 0.2 < place[2] * place[3] / 48 < 0.7


def test_a_crop_of_a_small_image_is_enlarged():
    image = mx.nd.array(pixels(4, 4), dtype="uint8")
    found, place = mx.image.center_crop(image, (8, 6))
    assert found.shape == (6, 8, 3)
    assert place == (0, 0, 4, 3)


def test_colours_are_normalized():
    image = pixels(2, 2).astype(np.float32)
    found = mx.image.color_normalize(mx.nd.array(image), [1, 2, 3], mx.nd.array([2, 2, 4]))
    np.testing.assert_allclose(found.asnumpy(), (image - [1, 2, 3]) / [2, 2, 4])


def test_an_unknown_interpolation_is_refused():
    with pytest.raises(ArgumentError, match="interp must be"):
        mx.image.resize_short(mx.nd.array(pixels(4, 4), dtype="uint8"), 2, interp=7)


# -- changes ---------------------------------------------------------------------------------------


def test_changes_of_colour_follow_their_formulas():
    image = pixels(3, 2).astype(np.float64)
    grey = image @ [0.299, 0.587, 0.114]
    cases = {
        mx.image.BrightnessJitterAug(0.3): lambda a: image * a,
        mx.image.ContrastJitterAug(0.3): lambda a: image * a + (1 - a) * grey.mean(),
        mx.image.SaturationJitterAug(0.3): lambda a: image * a + (1 - a) * grey[..., None],
    }
    for change, formula in cases.items():
        random.seed(5)
        found = change(mx.nd.array(image)).asnumpy()
        random.seed(5)
        np.testing.assert_allclose(
            found, formula(1 + random.uniform(-0.3, 0.3)), rtol=1e-5, err_msg=change.dumps()
        )


def test_turned_colours_of_grey_stay_grey():
    grey = np.repeat(np.arange(4.0).reshape(2, 2, 1), 3, axis=2)
    random.seed(1)
    found = mx.image.HueJitterAug(0.5)(mx.nd.array(grey)).asnumpy()
    np.testing.assert_allclose(found, grey, atol=0.02)


def test_light_and_grey_and_mirrors():
    image = pixels(2, 3).astype(np.float32)
    vectors = np.eye(3)
    np.random.seed(2)
    found = mx.image.LightingAug(0.1, np.array([1.0, 2.0, 3.0]), vectors)(mx.nd.array(image))
    np.random.seed(2)
    noise = np.random.normal(0, 0.1, 3) * [1, 2, 3]
    np.testing.assert_allclose(found.asnumpy(), image + noise, rtol=1e-5)
    grey = mx.image.RandomGrayAug(1.0)(mx.nd.array(image)).asnumpy()
    expected = image @ np.array([0.21, 0.72, 0.07])
    np.testing.assert_allclose(grey, np.repeat(expected[..., None], 3, 2), rtol=1e-5)
    mirrored = mx.image.HorizontalFlipAug(1.0)(mx.nd.array(image)).asnumpy()
    np.testing.assert_array_equal(mirrored, image[:, ::-1])
    same = mx.image.HorizontalFlipAug(0.0)(mx.nd.array(image)).asnumpy()
    np.testing.assert_array_equal(same, image)


def test_the_usual_changes_in_order():
    changes = mx.image.CreateAugmenter(
        (3, 4, 5),
        resize=8,
        rand_crop=True,
        rand_resize=True,
        rand_mirror=True,
        mean=True,
        std=np.array([2.0]),
        brightness=0.1,
        contrast=0.1,
        saturation=0.1,
        hue=0.1,
        pca_noise=0.1,
        rand_gray=0.1,
        inter_method=10,
    )
    names = [type(each).__name__ for each in changes]
    assert names == [
        "ResizeAug",
        "RandomSizedCropAug",
        "HorizontalFlipAug",
        "CastAug",
        "ColorJitterAug",
        "HueJitterAug",
        "LightingAug",
        "RandomGrayAug",
        "ColorNormalizeAug",
    ]
    assert json.loads(changes[0].dumps()) == ["resizeaug", {"size": 8, "interp": 10}]
    image = mx.nd.array(pixels(9, 12), dtype="uint8")
    for _ in range(3):
        found = image
        for change in changes:
            found = change(found)
        assert found.shape == (4, 5, 3)
        assert found.dtype == np.float32


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"rand_resize": True}, "needs rand_crop"),
        ({"mean": np.zeros((2, 2))}, "mean must be True"),
        ({"std": np.zeros(2)}, "std must be True"),
    ],
)
def test_changes_that_make_no_sense_are_refused(given, text):
    with pytest.raises(ArgumentError, match=text):
        mx.image.CreateAugmenter((3, 4, 4), **given)


def test_changes_may_be_combined():
    image = mx.nd.array(pixels(6, 6), dtype="uint8")
    both = mx.image.SequentialAug([mx.image.ForceResizeAug((4, 2)), mx.image.CastAug()])
    assert both(image).shape == (2, 4, 3)
    assert both.dumps()[0] == "sequentialaug"
    assert mx.image.RandomOrderAug([mx.image.CenterCropAug((2, 2))])(image).shape == (2, 2, 3)
    assert mx.image.RandomCropAug((2, 3))(image).shape == (3, 2, 3)


# -- iterators -------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    for number in range(5):
        image = np.full((6, 6, 3), 10 * number, np.uint8)
        (tmp_path / f"{number}.png").write_bytes(png(image))
    return tmp_path


def rows(folder):
    return [[float(number), f"{number}.png"] for number in range(5)]


def seen(iterator):
    """Return the first pixel and the label of each image, and the padding, batch by batch."""
    return [
        (batch.data[0].asnumpy()[:, 0, 0, 0].tolist(), batch.label[0].asnumpy().tolist(), batch.pad)
        for batch in iterator
    ]


def test_images_of_a_list(folder):
    iterator = mx.image.ImageIter(2, (3, 4, 4), imglist=rows(folder), path_root=str(folder))
    expected = [([0, 10], [0, 1], 0), ([20, 30], [2, 3], 0), ([40, 0], [4, 0], 1)]
    for _ in range(2):
        assert seen(iterator) == expected
        iterator.reset()


def test_images_of_a_file_with_a_list(folder):
    lines = [f"{7 + number}\t{number}\t{number + 1}\t{number}.png" for number in range(3)]
    (folder / "a.lst").write_text("\n".join(lines) + "\n")
    iterator = mx.image.ImageIter(
        3, (3, 4, 4), 2, path_imglist=str(folder / "a.lst"), path_root=str(folder)
    )
    assert iterator.provide_label == [("softmax_label", (3, 2))]
    assert next(iterator).label[0].asnumpy().tolist() == [[0, 1], [1, 2], [2, 3]]


@pytest.mark.parametrize("indexed", [False, True])
def test_images_of_records(folder, indexed):
    path, index = str(folder / "a.rec"), str(folder / "a.idx")
    records = mx.recordio.MXIndexedRecordIO(index, path, "w")
    for number in range(4):
        header = mx.recordio.IRHeader(0, number, number, 0)
        image = np.full((6, 6, 3), 10 * number, np.uint8)
        records.write_idx(3 * number, mx.recordio.pack_img(header, image, img_fmt=".png"))
    records.close()
    given = {"path_imgidx": index} if indexed else {}
    iterator = mx.image.ImageIter(
        2, (3, 4, 4), path_imgrec=path, num_parts=2, part_index=1, **given
    )
    assert seen(iterator) == [([20, 30], [2, 3], 0)]


def test_the_last_batch(folder):
    given = {"imglist": rows(folder), "path_root": str(folder)}
    left_out = mx.image.ImageIter(2, (3, 4, 4), **given, last_batch_handle="discard")
    assert [labels for _, labels, _ in seen(left_out)] == [[0, 1], [2, 3]]
    kept = mx.image.ImageIter(2, (3, 4, 4), **given, last_batch_handle="roll_over")
    assert [labels for _, labels, _ in seen(kept)] == [[0, 1], [2, 3]]
    kept.reset()
    assert [labels for _, labels, _ in seen(kept)] == [[4, 0], [1, 2], [3, 4]]
    kept.hard_reset()
    assert [labels for _, labels, _ in seen(kept)] == [[0, 1], [2, 3]]


def test_a_new_order_for_each_epoch(folder):
    random.seed(4)
    iterator = mx.image.ImageIter(
        5, (3, 4, 4), imglist=rows(folder), path_root=str(folder), shuffle=True
    )
    orders = []
    for _ in range(2):
        data, labels, _ = seen(iterator)[0]
        assert data == [10 * label for label in labels]
        assert sorted(labels) == [0, 1, 2, 3, 4]
        orders.append(labels)
        iterator.reset()
    assert orders[0] != orders[1]


def test_a_damaged_image_is_named(folder):
    (folder / "2.png").write_bytes(b"nonsense")
    iterator = mx.image.ImageIter(5, (3, 4, 4), imglist=rows(folder), path_root=str(folder))
    with pytest.raises(DataError, match=r"image '3'.*cannot be decoded"):
        next(iterator)


def test_changes_that_give_another_shape_are_refused(folder):
    iterator = mx.image.ImageIter(
        2, (3, 4, 4), imglist=rows(folder), path_root=str(folder), aug_list=[]
    )
    with pytest.raises(DataError, match=r"\(3, 6, 6\).*data_shape=\(3, 4, 4\)"):
        next(iterator)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "needs path_imgrec"),
        ({"imglist": [], "data_shape": (1, 4, 4)}, "data_shape"),
        ({"imglist": [], "dtype": "int8"}, "dtype"),
        ({"imglist": [], "last_batch_handle": "drop"}, "last_batch_handle"),
        ({"imglist": [], "num_parts": 2, "part_index": 2}, "part_index"),
        ({"imglist": [], "aug_list": [], "resize": 3}, "resize has no effect"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(given, text):
    with pytest.raises(ArgumentError, match=text):
        mx.image.ImageIter(**{"batch_size": 2, "data_shape": (3, 4, 4), **given})
