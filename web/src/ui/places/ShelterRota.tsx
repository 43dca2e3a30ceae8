import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Places } from "../../state/places/places";
import { me } from "../client";
import { Face } from "../kit/List";
import RotaScreen from "../raise/Rota";
import { Waiting, WithPlaces } from "./WithPlaces";

/** Who is told of a request for a place at a shelter: of those who take people in, who is on duty. */
export default function ShelterRota({ id }: { id: string }) {
	return <WithPlaces>{(known) => <Of known={known} id={id} />}</WithPlaces>;
}

function Of({ known, id }: { known: Places; id: string }) {
	const organisation = me.value?.organisation?.id;
	const [staff, setStaff] = useState<readonly string[]>();
	useEffect(() => {
		known.staff(id).then(setStaff, () => setStaff([])); // without a line the rota stands as it was read last
	}, [id]);
	if (organisation === undefined) return <Face icon="place" text={t("error.unknown_shelter")} />;
	if (!staff) return <Waiting />;
	return <RotaScreen of={{ organisation, shelter: id }} among={staff} empty={t("shelter.rota_empty")} />;
}
